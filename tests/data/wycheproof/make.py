#!/usr/bin/env python3
"""Makes the vectors of this folder anew from a checkout of github.com/C2SP/wycheproof:

    make.py CHECKOUT        writes FILE.txt for each file below

One test a line: tcId, "valid" or "invalid", message, signature (hex, "-" where empty). A line "key DER" (hex,
SubjectPublicKeyInfo) comes before the tests under that key.
"""
import json
import pathlib
import subprocess
import sys

FILES = ["ecdsa_secp256r1_sha256", "ecdsa_secp384r1_sha384", "ed25519", "rsa_pss_2048_sha256_mgf1_32",
         "rsa_pss_2048_sha256_mgf1sha1_20"]

checkout = pathlib.Path(sys.argv[1])
commit = subprocess.check_output(["git", "-C", checkout, "rev-parse", "HEAD"], text=True).strip()
for name in FILES:
    path = f"testvectors_v1/{name}_test.json"
    source = json.loads(subprocess.check_output(["git", "-C", checkout, "show", f"HEAD:{path}"]))
    lines = [f"# Project Wycheproof, {path}, commit {commit}.",
             "# Copyright the Project Wycheproof authors, Apache License 2.0. Made compact by make.py beside this."]
    for group in source["testGroups"]:
        lines.append(f"key {group['publicKeyDer']}")
        for test in group["tests"]:
            assert test["result"] in ("valid", "invalid")
            lines.append(f"{test['tcId']} {test['result']} {test['msg'] or '-'} {test['sig'] or '-'}")
    (pathlib.Path(__file__).parent / f"{name}.txt").write_text("\n".join(lines) + "\n")
