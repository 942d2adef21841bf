"""Snapshots with the wizard: save, restore, and a schedule on the server."""

import stat

from driver import Console, screenshot, wait_until
from fleet import Workspace, operator_token, options_for, put_mine
from wizard import Wizard

TOKEN = "gui-operator-token"


def begin(console, task, picture):
    console.window.find("push button", "Toolbar: Snapshots").press()
    wizard = Wizard(console, picture)
    wizard.page("What do you want to do?")
    wizard.dialog.find("radio button", task).press()
    wizard.next()
    return wizard


def through_checks(wizard):
    wizard.page("Can it be done?")
    wait_until(wizard.may_go_on, 30, "the checks to pass")
    wizard.next()
    wizard.page("Nothing has happened yet")


def saves(console, file):
    wizard = begin(console, "Save a snapshot now", "snapshot-save")
    wizard.page("Where to?")
    wizard.dialog.find("text", "Snapshot file").set_text(str(file))
    wizard.next()
    through_checks(wizard)
    assert "operator raft snapshot save" in wizard.commands(), wizard.commands()
    assert not file.exists()
    wizard.next()
    wizard.page("Keep the file and the unseal keys in different places", 60)
    wizard.close()
    assert file.stat().st_size > 0 and stat.S_IMODE(file.stat().st_mode) == 0o600, oct(file.stat().st_mode)
    assert b"version-one" not in file.read_bytes()


def restores(console, file, name, expect_failure=False):
    wizard = begin(console, "Restore a snapshot", "snapshot-bad" if expect_failure else "snapshot-restore")
    wizard.page("From which snapshot?")
    edit = wizard.dialog.find("text", "Snapshot file")
    edit.set_text(str(file) + "-not-there")
    wizard.dialog.wait_for("There is no such file")
    assert not wizard.may_go_on()
    edit.set_text(str(file))
    wizard.next()
    through_checks(wizard)
    wizard.confirm(name)
    wizard.next()
    if expect_failure:
        wizard.page("A step failed", 60)
        wizard.cancel()
        return
    wizard.page("has the data of the snapshot", 60)
    wizard.close()


def schedules(console, server, directory):
    wizard = begin(console, "Automatic snapshots", "snapshot-schedule")
    wizard.page("How often, where, how many?")
    assert not wizard.may_go_on()
    wizard.dialog.find("text", "Schedule name").set_text("often")
    wizard.dialog.find("text", "Path prefix").set_text(str(directory))
    wizard.dialog.find("text", "File prefix").set_text("holdfast")
    wizard.dialog.find("spin box", "Interval").set_text("1")
    next(box for box in wizard.dialog.all("combo box") if box.name == "hours").choose("seconds")
    wizard.dialog.find("spin box", "Snapshots kept").set_text("2")
    wizard.next()
    through_checks(wizard)
    assert "sys/storage/raft/snapshot-auto/config/often" in wizard.commands(), wizard.commands()
    wizard.next()
    wizard.page("saves a snapshot every 1", 60)
    wizard.close()
    client = server.client()
    config = client.read("sys/storage/raft/snapshot-auto/config/often")["data"]
    assert config["interval"] == 1 and config["retain"] == 2 and config["path_prefix"] == str(directory), config
    seen = set()

    def made():
        seen.update(path.name for path in directory.glob("holdfast*"))
        return len(seen) >= 4

    wait_until(made, 60, "four snapshots by the schedule")
    wait_until(lambda: 0 < len(list(directory.glob("holdfast*.snap"))) <= 3, 20, "the oldest to go")
    client.close()


def removes_schedule(console, server):
    wizard = begin(console, "Automatic snapshots", "snapshot-unschedule")
    wizard.page("How often, where, how many?")
    wizard.dialog.find_labelled("Edit").choose("often")
    wait_until(lambda: "Last snapshot" in "\n".join(wizard.dialog.texts()), 20, "the state of the schedule")
    wizard.shot()
    wizard.dialog.find("check box", "Remove this schedule").press()
    wizard.next()
    through_checks(wizard)
    wizard.next()
    wizard.page("is removed. Its snapshots stay", 60)
    wizard.close()
    assert server.client().raw("LIST", "sys/storage/raft/snapshot-auto/config")[0] == 404


def main():
    with Workspace() as space:
        server = space.server("eu-central").initialize()
        put_mine(server)
        operator_token(server, TOKEN)
        client = server.client()
        client.write("secret/data/value", {"data": {"value": "version-one"}})
        file, bad, directory = space.path / "one.snap", space.path / "bad.snap", space.path / "auto"
        directory.mkdir()
        with Console(*options_for([server], space.path, TOKEN), "--theme", "light") as console:
            wait_until(lambda: "standalone" in console.cluster("eu-central").description, 30, "the cluster")
            print("save")
            saves(console, file)
            client.write("secret/data/value", {"data": {"value": "version-two"}})

            print("restore what is no snapshot")
            bad.write_bytes(b"\x1f\x8b" + file.read_bytes()[2:200])
            restores(console, bad, "eu-central", expect_failure=True)
            assert client.read("secret/data/value")["data"]["data"] == {"value": "version-two"}

            print("restore")
            restores(console, file, "eu-central")

            def value():
                status, body = client.raw("GET", "secret/data/value")
                return status == 200 and b"version-one" in body

            wait_until(value, 30, "the old value")

            print("schedule")
            schedules(console, server, directory)
            removes_schedule(console, server)
            screenshot("snapshot-after")
        client.close()


if __name__ == "__main__":
    main()
