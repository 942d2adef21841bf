"""Tokens of SoftHSM2, a PKCS#11 module in software, in a directory of this test."""

import os
import pathlib
import shutil
import subprocess

LIBRARIES = ("/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
             "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so")
PIN = "correct-pin-3141"


def library():
    for path in LIBRARIES:
        if os.path.exists(path):
            return path
    raise AssertionError("SoftHSM2 is not installed: apt install softhsm2 opensc")


class SoftHsm:
    """The HSM of all servers that this test starts: `SOFTHSM2_CONF` is set for the whole process."""

    def __init__(self, base):
        self.directory = pathlib.Path(base) / "hsm"
        self.tokens = self.directory / "tokens"
        self.tokens.mkdir(parents=True)
        self.configuration = self.directory / "softhsm2.conf"
        self.configuration.write_text(f"directories.tokendir = {self.tokens}\nobjectstore.backend = file\nlog.level = ERROR\n")
        os.environ["SOFTHSM2_CONF"] = str(self.configuration)
        self.library = library()
        self._labels = set()

    def _run(self, *words):
        result = subprocess.run(words, capture_output=True, text=True, timeout=60)
        assert result.returncode == 0, (words, result.stdout, result.stderr)
        return result.stdout

    def add_token(self, label, pin=PIN):
        """Makes the token if it does not exist. During this no other process can use the directory, so call it before threads start."""
        if label in self._labels:
            return self
        self._labels.add(label)
        self._run("softhsm2-util", "--init-token", "--free", "--label", label, "--so-pin", "so-pin-2718", "--pin", pin)
        return self

    def slot(self, label):
        """The present number of the slot, as a person would look it up."""
        slot = None
        for line in self._run("softhsm2-util", "--show-slots").splitlines():
            words = line.split()
            if len(words) == 2 and words[0] == "Slot" and words[1].isdigit():
                slot = int(words[1])
            if words[:1] == ["Label:"] and words[1:] == [label]:
                return slot
        raise AssertionError(f"no token {label}")

    def folder(self, label):
        """Where the token's files are."""
        found = [each.parent for each in self.tokens.glob("*/token.object") if label.encode() in each.read_bytes()]
        assert len(found) == 1, (label, found)
        return found[0]

    def delete_token(self, label):
        self._run("softhsm2-util", "--delete-token", "--token", label)
        self._labels.discard(label)

    def _tool(self, label, *words, pin=PIN):
        return self._run("pkcs11-tool", "--module", self.library, "--token-label", label, "--login", "--pin", pin, *words)

    def keys(self, label):
        return self._tool(label, "--list-objects", "--type", "secrkey")

    def delete_key(self, label, key):
        self._tool(label, "--delete-object", "--type", "secrkey", "--label", key)

    def generate_key(self, label, key):
        self._tool(label, "--keygen", "--key-type", "AES:32", "--label", key)

    def take_away(self):
        """Removes all tokens until bring_back()."""
        self.tokens.rename(self.directory / "away")
        self.tokens.mkdir()

    def bring_back(self):
        self.tokens.rmdir()
        (self.directory / "away").rename(self.tokens)

    def copy_tokens(self):
        copy = self.directory / "copy"
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(self.tokens, copy)

    def restore_tokens(self):
        shutil.rmtree(self.tokens)
        (self.directory / "copy").rename(self.tokens)

    def stanza(self, label, key="holdfast", pin=PIN, **more):
        lines = {"lib": self.library, "token_label": label, "pin": pin, "key_label": key, "generate_key": "true"}
        lines.update(more)
        body = "\n".join(f'  {name} = "{value}"' for name, value in lines.items() if value is not None)
        return f'seal "pkcs11" {{\n{body}\n}}'
