# For login shells: the pager that was built here shows colours and leaves short texts on the screen.
export PAGER=less LESS=-FRX
