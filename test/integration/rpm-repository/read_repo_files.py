"""Reads .repo files as dnf does: a JSON list of texts from standard input, their enabled repositories to standard output."""

import json
import os
import sys
import tempfile

import dnf


base = dnf.Base()
base.conf.gpgcheck = True
base.conf.substitutions.update({"releasever": "3.0", "basearch": "x86_64", "arch": "x86_64"})


def repositories(text):
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "test.repo"), "w", newline="") as file:
            file.write(text)
        base.conf.reposdir = [folder]
        base.repos.clear()
        base.read_all_repos()
        return [
            {
                "id": one.id,
                "addresses": [address.rstrip("/") + "/" for address in one.baseurl if address],
                "signedRpms": one.gpgcheck,
                "signedMetadata": one.repo_gpgcheck,
                "keys": [key for key in one.gpgkey if key],
            }
            for one in base.repos.iter_enabled()
        ]


json.dump([repositories(text) for text in json.load(sys.stdin)], sys.stdout)
