#!/usr/bin/env python3
"""Replays conversations that were recorded with another server of this API (tests/api/golden), each on a new dev server.

A step agrees if the status is the same and every recorded member of the answer exists and is equal. Further members are allowed.

| Recorded | Accepts |
|---|---|
| `<string>`, `<number>`, `<bool>`, `<list>`, `<any>` | any value of that type |
| `<starts with>x` | text that begins with x |
| `${name}` | the value that a step kept as that name |
| seconds that count down | up to five less |
| a step with `"compare": "status"` | any answer with that status |
| the status `<any>` | any answer |

golden/differences.json lists differences that are intended, or that come from a missing feature, each with its reason. The program reports
entries that agree by now, so that the list stays short.

conversations.py [-v] [NAME...]   replays those files only; -v shows more of each difference.
"""

import concurrent.futures
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from harness import BINARY, SLOWNESS, Client, free_port, wait_until

FOLDER = pathlib.Path(__file__).resolve().parent / "golden"
PLACEHOLDERS = {"<string>": str, "<number>": (int, float), "<bool>": bool, "<list>": list}
SECONDS = {"ttl", "lease_duration", "creation_ttl", "duration", "secret_id_ttl"}
NOT_COMPARED = {"request_id", "mount_type"}
NAME = re.compile(r"\$\{?(\w+)\}?")


class DevServer:
    """A dev server in memory, with the token `root`."""

    def __init__(self):
        self.home = tempfile.mkdtemp(prefix="holdfast-talk-")
        self.address = f"http://127.0.0.1:{free_port()}"
        self.log = open(os.path.join(self.home, "log"), "wb")
        listen = self.address.removeprefix("http://")
        self.process = subprocess.Popen([BINARY, "server", "-dev", "-dev-root-token-id=root", f"-dev-listen-address={listen}"],
                                        env={**os.environ, "HOME": self.home}, stdout=self.log, stderr=self.log)
        self.client = Client(self.address)
        wait_until(lambda: self.client.raw("GET", "sys/health")[0] == 200, what="a dev server")

    def stop(self):
        self.client.close()
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20 * SLOWNESS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()
        said = pathlib.Path(self.log.name).read_text(errors="replace")
        shutil.rmtree(self.home, ignore_errors=True)
        # After a report of a sanitizer the status is not 0.
        assert self.process.returncode == 0, f"a dev server ended with {self.process.returncode}:\n{said[-20000:]}"


def filled(value, kept):
    """`value` with kept values in place of their names. A text that is only a name gets the kept value's type."""
    if isinstance(value, str):
        whole = NAME.fullmatch(value)
        if whole and whole[1] in kept:
            return kept[whole[1]]
        return NAME.sub(lambda match: str(kept.get(match[1], match[0])), value)
    if isinstance(value, dict):
        return {filled(name, kept): filled(member, kept) for name, member in value.items()}
    return [filled(item, kept) for item in value] if isinstance(value, list) else value


def member(answer, path):
    for part in path.split("."):
        if isinstance(answer, list) and part.isdigit():
            answer = answer[int(part)] if int(part) < len(answer) else None
        else:
            answer = answer.get(part) if isinstance(answer, dict) else None
    return answer


def differences(wanted, found, ignored, passed, where=""):
    """Lines about differences. `passed`: how many seconds lower a time that counts down can be than the recorded one."""
    name = where.rpartition(".")[2]
    if wanted == "<any>" or (name in ignored and found == ""):
        return []
    if isinstance(wanted, str) and wanted.startswith("<starts with>"):
        start = wanted.removeprefix("<starts with>")
        return [] if isinstance(found, str) and found.startswith(start) else [f"{where} is {found!r}, not a text with {start!r}"]
    if isinstance(wanted, str) and wanted in PLACEHOLDERS:
        is_kind = isinstance(found, PLACEHOLDERS[wanted]) and (wanted == "<bool>" or not isinstance(found, bool))
        return [] if is_kind else [f"{where} is {found!r}, not a {wanted.strip('<>')}"]
    if isinstance(wanted, dict):
        if not isinstance(found, dict):
            return [f"{where or 'the body'} is {found!r}, not an object"]
        lines = []
        for key, value in wanted.items():
            if not where and key in NOT_COMPARED:
                continue
            if key not in found and value is not None and key not in ignored:
                lines.append(f"{where}.{key} is missing")
            elif key in found or value is not None:
                lines += differences(value, found.get(key, ""), ignored, passed, f"{where}.{key}")
        return lines
    if isinstance(wanted, list):
        if not isinstance(found, list) or len(found) != len(wanted):
            return [f"{where} is {found!r}, not a list of {len(wanted)}: {wanted!r}"]
        return [line for at, item in enumerate(wanted) for line in differences(item, found[at], ignored, passed, f"{where}[{at}]")]
    if name in SECONDS and isinstance(wanted, int) and isinstance(found, int) and wanted - passed <= found <= wanted:
        return []
    return [] if wanted == found else [f"{where} is {found!r}, not {wanted!r}"]


def ask(server, step, kept):
    method, path = filled(step["do"], kept).split(" ", 1)
    token = filled(step.get("token", "root"), kept)
    headers = {"Content-Type": "application/json", **filled(step.get("headers") or {}, kept)}
    if token != "none":
        headers["X-Vault-Token"] = str(token)
    body = filled(step.get("body"), kept)
    data = body.encode() if isinstance(body, str) else None if body is None else json.dumps(body).encode()
    status, text = server.client.raw(method, path, data, headers)
    return status, json.loads(text) if text else None


def replay(path, excused, ignored):
    """(lines about steps that differ, lines about excuses that are not needed, count of steps)."""
    steps = json.loads(path.read_text())["steps"]
    kept, wrong, needless = {}, [], []
    server = DevServer()
    begun = time.monotonic()
    try:
        for number, step in enumerate(steps, 1):
            if "sleep" in step:
                time.sleep(step["sleep"])
            status, answer = ask(server, step, kept)
            for name, where in (step.get("keep") or {}).items():
                kept[name] = member(answer, where)
            lines = [] if step["status"] in (status, "<any>") else [f"status {status}, not {step['status']}"]
            if step["status"] != "<any>" and step.get("compare") != "status" and "response" in step:
                lines += differences(filled(step["response"], kept), answer, ignored, 5 + time.monotonic() - begun)
            title = f"{path.stem}:{number} {step['do']} {json.dumps(step.get('body'))[:120]}"
            if lines and str(number) not in excused:
                wrong.append(title + "".join(f"\n    {line[:400]}" for line in lines))
            elif not lines and str(number) in excused:
                needless.append(f"{title}: listed as different ({excused[str(number)]}), but agrees")
    finally:
        server.stop()
    return wrong, needless, len(steps)


def main(arguments):
    listed = json.loads((FOLDER / "differences.json").read_text())
    names = [name for name in arguments if name != "-v"]
    files = [path for path in sorted(FOLDER.glob("*.json")) if path.name != "differences.json" and (not names or path.stem in names)]
    assert files, f"no conversation is called {names}"
    wrong, needless, count = [], [], 0
    with concurrent.futures.ThreadPoolExecutor(max_workers=4) as workers:
        for some, others, steps in workers.map(lambda path: replay(path, listed["steps"].get(path.stem, {}), set(listed["members"])), files):
            wrong += some
            needless += others
            count += steps
    for line in needless:
        print("note:", line)
    for line in wrong:
        print(line if "-v" in arguments else line[:700])
    print(f"{count} steps of {len(files)} conversations; {len(wrong)} differ")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
