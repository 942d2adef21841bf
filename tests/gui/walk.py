"""On every page each control that takes the focus has a name, and nothing is cut off. Saves a picture of each page. Argument: the look."""

import os
import sys

from driver import Console, key, screenshot, wait_until
from fleet import Lab
from wizard import Wizard, assert_inside, assert_named

LOOKS = {
    "light": ([], {}),
    "dark-200": (["--theme", "dark"], {"QT_SCALE_FACTOR": "2"}),
    "german": (["--theme", "light", "--language", "de"], {}),
    "right-to-left": (["-reverse", "--theme", "light"], {}),
}


def check(window):
    assert_named(window)
    assert_inside(window)


def close_dialog(console):
    dialog = console.dialog()
    key("Escape")
    wait_until(lambda: dialog not in console.dialogs(), 20, "the dialog to close")


def walk(look, lab):
    """The main window, then all windows that the toolbar and the inspector open."""
    arguments, environment = LOOKS[look]
    with Console(*lab.options(), *arguments, environment=environment) as console:
        topology = console.topology()
        wait_until(lambda: len([n for n in topology.walk() if "→" in n.name]) == 2, 30, "the links")
        names = [node.name for node in topology.all("list item")]
        file = {"german": "Datei"}.get(look, "File")
        console.window.find("menu item", file)  # the texts follow the language, the names do not
        check(console.window)
        screenshot(f"look-{look}-fleet")
        console.cluster(names[2]).press()
        inspector = console.window.find("filler", "Inspector")
        wait_until(lambda: names[2] in inspector.texts(), 20, "the inspector")
        inspector.find("check box", "All status fields").press()
        inspector.find("text", "Status fields")
        check(console.window)
        screenshot(f"look-{look}-cluster")
        console.window.find("check box", "Show problems").press()
        console.window.find("list", "Problems")
        wait_until(lambda: not console.window.all("list", "Actions"), 20, "the other page of the drawer")
        check(console.window)
        console.window.find("check box", "Show actions").press()
        wait_until(lambda: not console.window.all("list", "Problems"), 20, "the first page of the drawer")

        for opener in ("Add connection", "Toolbar: Add secondary", "Toolbar: Promote", "Toolbar: Snapshots",
                       "Inspector: Promote", "Inspector: Update primary", "Inspector: Disable replication"):
            console.window.find("push button", opener).press()
            check(console.dialog())
            screenshot(f"look-{look}-{opener.rpartition(': ')[2].replace(' ', '-').lower()}")
            close_dialog(console)

        console.cluster(names[0]).press()
        wait_until(lambda: names[0] in inspector.texts(), 20, "the inspector")
        for opener in ("Inspector: Demote", "Inspector: Add secondary"):
            console.window.find("push button", opener).press()
            check(console.dialog())
            screenshot(f"look-{look}-{opener.rpartition(': ')[2].replace(' ', '-').lower()}-primary")
            close_dialog(console)

        # One wizard up to its plan, and one up to the page about losses: these have the longest texts.
        console.window.find("push button", "Toolbar: Snapshots").press()
        wizard = Wizard(console, f"look-{look}-snapshot")
        wizard.dialog.find("radio button", "Save a snapshot now").press()
        wizard.next()
        wizard.dialog.find("text", "Snapshot file")
        check(wizard.dialog)
        wizard.next()
        wait_until(lambda: not wizard.dialog.all("text", "Snapshot file") and wizard.may_go_on(), 30, "the checks")
        wizard.next()
        wizard.dialog.find("text", "Commands")
        check(wizard.dialog)
        wizard.shot()
        wizard.cancel()
        console.cluster(names[1]).press()
        console.window.find("push button", "Toolbar: Promote").press()
        wizard = Wizard(console, f"look-{look}-promote")
        wizard.dialog.find("radio button", "Planned promotion").press()
        wizard.next()
        wizard.dialog.find("text", "Commands")
        check(wizard.dialog)
        wizard.shot()
        wizard.cancel()


def main():
    look = sys.argv[1]
    os.environ.update(LOOKS[look][1])  # this process multiplies its own values by the same factor
    with Lab() as lab:
        walk(look, lab)


if __name__ == "__main__":
    main()
