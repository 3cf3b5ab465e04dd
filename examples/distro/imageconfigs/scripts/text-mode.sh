#!/bin/sh
# Runs inside the image once everything is installed: there is nothing graphical to wait for.
set -eu
systemctl set-default multi-user.target
