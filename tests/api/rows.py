"""Rows of request and expected answer, checked one by one against a running server. All rows run, then the failures are shown."""

import json
import re

from harness import Client

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z")
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
ACCESSOR = re.compile(r"[0-9A-Za-z]{24}")
SERVICE_TOKEN = re.compile(r"hvs\.[0-9A-Za-z]{24,}")
ABSENT = object()
ANY = object()


class Exactly:
    """An object with exactly these members."""

    def __init__(self, **members):
        self.members = members


def differences(found, wanted, where="answer"):
    """The differences between `found` and the expected value. Of objects only the named members count, unless Exactly. Patterns match whole strings."""
    if wanted is ANY:
        return []
    if isinstance(wanted, Exactly):
        extra = set(found) - set(wanted.members) if isinstance(found, dict) else set()
        return [f"{where}.{name} is not expected" for name in sorted(extra)] + differences(found, wanted.members, where)
    if isinstance(wanted, dict):
        if not isinstance(found, dict):
            return [f"{where} is {found!r}, not an object"]
        out = []
        for name, value in wanted.items():
            if value is ABSENT:
                out += [f"{where}.{name} is there: {found[name]!r}"] if name in found else []
            elif name not in found:
                out.append(f"{where}.{name} is missing")
            else:
                out += differences(found[name], value, f"{where}.{name}")
        return out
    if isinstance(wanted, re.Pattern):
        return [] if isinstance(found, str) and wanted.fullmatch(found) else [f"{where} is {found!r}, not {wanted.pattern}"]
    if isinstance(wanted, type):
        is_right = type(found) is wanted
        return [] if is_right else [f"{where} is {found!r}, not of type {wanted.__name__}"]
    if callable(wanted):
        return [] if wanted(found) else [f"{where} is {found!r}"]
    if isinstance(wanted, list):
        if not isinstance(found, list) or len(found) != len(wanted):
            return [f"{where} is {found!r}, not {wanted!r}"]
        return [line for at, item in enumerate(wanted) for line in differences(found[at], item, f"{where}[{at}]")]
    return [] if type(found) is type(wanted) and found == wanted else [f"{where} is {found!r}, not {wanted!r}"]


def error(*texts):
    """The body of an error; a text may be a pattern."""
    return Exactly(errors=list(texts))


def one(text):
    return f"1 error occurred:\n\t* {text}\n\n"


DENIED = error(one("permission denied"))
NO_TOKEN = error("permission denied")
NOTHING = error()


class Rows:
    def __init__(self, server):
        self.server = server
        self.token = server.root_token
        self.failures = []
        self.count = 0
        self._client = Client(server.address, None, server.ca_file)

    def fail(self, name, *lines):
        self.failures.append("\n      ".join([name, *lines]))

    def row(self, call, status, wanted=ANY, body=None, token=None, headers=None, name=None):
        """`call` is "METHOD path". `wanted` describes the answer's JSON; None: no body. Returns the answer.

        An answer of 200 that is an object with `request_id` must be a whole envelope.
        """
        self.count += 1
        method, path = call.split(" ", 1)
        all_headers = dict(headers or {})
        token = self.token if token is None else token
        if token:
            all_headers.setdefault("X-Vault-Token", token)
        code, text = self._client.raw(method, path, body, all_headers)
        answer, lines = None, []
        try:
            answer = json.loads(text) if text else None
        except ValueError:
            lines.append(f"not JSON: {text[:200]!r}")
        if code != status:
            lines.append(f"status {code}, not {status}")
        if isinstance(answer, dict) and "request_id" in answer:
            lines += differences(answer, ENVELOPE)
        if text and not text.endswith(b"\n"):
            lines.append("the answer does not end in a newline")
        if wanted is None:
            lines += [f"a body: {text!r}"] if text else []
        elif wanted is not ANY:
            lines += differences(answer, wanted)
        if lines:
            shown = json.dumps(body) if isinstance(body, (dict, list)) else body
            self.fail((name + ": " if name else "") + call + (f" {shown}"[:200] if body is not None else ""), *lines, f"answer: {text[:600]!r}")
        return answer if isinstance(answer, dict) else {}

    def check(self, name, condition, shown=""):
        self.count += 1
        if not condition:
            self.fail(name, str(shown)[:3000])

    def finish(self):
        self._client.close()
        for failure in self.failures:
            print("FAIL  " + failure)
        print(f"{self.count - len(self.failures)} of {self.count} rows passed")
        assert not self.failures, f"{len(self.failures)} rows failed"


def run_groups(rows, *groups):
    for group in groups:
        try:
            group(rows)
        except (KeyError, AttributeError, OSError, TypeError) as gone:  # an earlier answer lacked what the next call needs
            rows.fail(f"a group ended early: {gone!r}")
    rows.finish()


def _nullable(kind):
    return lambda value: value is None or type(value) is kind


ENVELOPE = {"request_id": str, "lease_id": str, "renewable": bool, "lease_duration": int, "data": _nullable(dict),
            "wrap_info": _nullable(dict), "warnings": _nullable(list), "auth": _nullable(dict)}
