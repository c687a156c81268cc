#!/usr/bin/env python3
"""Makes the vectors of this folder anew from a checkout of github.com/C2SP/wycheproof:

    make.py CHECKOUT        writes FILE.txt for each file below

Signatures: one test a line: tcId, "valid" or "invalid", message, signature (hex, "-" where empty). A line "key DER"
(hex, SubjectPublicKeyInfo) comes before the tests under that key.
ECDH: tcId, "valid", "invalid" or "acceptable", private number, public point or key (hex), shared secret ("-" where
empty). The public key of ecdh_secp256r1_webcrypto is a JWK in base64url; its many tests of doubling, which
ecdh_secp256r1_ecpoint has as well, are left out.
JOSE: only keys of EC P-256; a line "key JWK" (base64url), then tcId, result, token.
"""
import base64
import json
import pathlib
import subprocess
import sys

SIGNATURES = ["ecdsa_secp256r1_sha256", "ecdsa_secp256r1_sha256_p1363", "ecdsa_secp384r1_sha384", "ed25519",
              "rsa_pss_2048_sha256_mgf1_32", "rsa_pss_2048_sha256_mgf1sha1_20"]
AGREEMENTS = ["ecdh_secp256r1_ecpoint", "ecdh_secp256r1_webcrypto"]
JOSE = ["json_web_signature", "json_web_encryption", "json_web_key"]


def base64url(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def number(text):
    return text if isinstance(text, str) else base64.urlsafe_b64decode(text["d"] + "==").hex()


def key_text(key):
    return base64url(json.dumps(key, separators=(",", ":")).encode())


def signatures(source):
    for group in source["testGroups"]:
        yield f"key {group['publicKeyDer']}"
        for test in group["tests"]:
            assert test["result"] in ("valid", "invalid")
            yield f"{test['tcId']} {test['result']} {test['msg'] or '-'} {test['sig'] or '-'}"


def agreements(source):
    for group in source["testGroups"]:
        for test in group["tests"]:
            public = test["public"]
            if isinstance(public, dict):
                if "EdgeCaseDoubling" in test["flags"]:
                    continue
                public = key_text(public)
            yield f"{test['tcId']} {test['result']} {number(test['private'])} {public or '-'} {test['shared'] or '-'}"


def jose(source):
    for group in source["testGroups"]:
        # who verifies has the public key, which stands beside the private one in some groups
        public = "jws" in group["tests"][0] and group.get("public")
        key = public or group["private"]
        keys = key.get("keys", [key])
        if len(keys) != 1 or keys[0].get("kty") != "EC" or keys[0].get("crv") != "P-256":
            continue
        yield f"key {key_text(keys[0])}"
        for test in group["tests"]:
            yield f"{test['tcId']} {test['result']} {test.get('jws', test.get('jwe')) or '-'}"


checkout = pathlib.Path(sys.argv[1])
commit = subprocess.check_output(["git", "-C", checkout, "rev-parse", "HEAD"], text=True).strip()
for names, convert in (SIGNATURES, signatures), (AGREEMENTS, agreements), (JOSE, jose):
    for name in names:
        path = f"testvectors_v1/{name}_test.json"
        source = json.loads(subprocess.check_output(["git", "-C", checkout, "show", f"HEAD:{path}"]))
        lines = [f"# Project Wycheproof, {path}, commit {commit}.",
                 "# Copyright the Project Wycheproof authors, Apache License 2.0. Made compact by make.py beside this."]
        lines.extend(convert(source))
        (pathlib.Path(__file__).parent / f"{name}.txt").write_text("\n".join(lines) + "\n")
