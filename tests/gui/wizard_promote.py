"""Promotes with the wizard: a DR secondary whose primary is lost, and a performance secondary as planned."""

import base64
import os

from driver import Console, screenshot, wait_until
from fleet import Workspace, follow, generate_root, operator_token, options_for, put_mine
from harness import wait_in_sync
from wizard import Wizard, assert_hidden

TOKEN = "gui-operator-token"


def open_wizard(console, picture):
    console.window.find("push button", "Toolbar: Promote").press()
    return Wizard(console, picture)


def give_share(wizard, share, then):
    """Gives one key share; the field is a password field and empty again afterwards."""
    field = wait_until(lambda: next((n for n in wizard.dialog.walk() if n.name == "Key share" and n.has("enabled")), None),
                       20, "the field for a share")
    field.set_text(share)
    assert_hidden(wizard.dialog, share)
    wizard.dialog.find("push button", "Give key share").press()
    wizard.dialog.wait_for(then)


def to_the_token(console, picture):
    """The first pages of an unplanned promotion, whose primary does not answer."""
    wizard = open_wizard(console, picture)
    wizard.page("Who takes over?")
    wizard.dialog.find_labelled("Promote").choose("eu-dr")
    assert wizard.dialog.find("radio button", "Unplanned promotion").has("checked"), "what the situation suggests"
    wizard.next()
    wizard.page("What would be lost")
    wizard.dialog.wait_for("entries that are missing and would be lost")
    wizard.dialog.wait_for("eu-central is unreachable from here")
    wait_until(wizard.may_go_on, 30, "the checks to pass")
    wizard.next()
    wizard.page("Who allows it?")
    assert not wizard.may_go_on()
    return wizard


def refuses_wrong_token(console, dr):
    wizard = to_the_token(console, "promote-wrong-token")
    wizard.dialog.find("radio button", "Type the token").press()
    field = wait_until(lambda: next((n for n in wizard.dialog.walk() if n.name == "DR operation token" and n.role != "label"), None),
                       20, "the field for the token")
    field.set_text("hvs.not-a-dr-operation-token")
    assert_hidden(console.application, "hvs.not-a-dr-operation-token")
    wizard.next()
    wizard.page("eu-dr takes over from eu-central")
    wizard.confirm("eu-dr")
    wizard.next()
    wizard.page("A step failed")
    assert_hidden(console.application, "hvs.not-a-dr-operation-token")
    wizard.cancel()
    assert dr.client().replication("dr")["mode"] == "secondary"


def promotes_dr(console, central, dr):
    """With key shares: a wrong share is refused, the right ones make the token."""
    wizard = to_the_token(console, "promote-dr")
    wizard.dialog.find("push button", "Begin with key shares").press()
    wizard.dialog.wait_for("0 of 2 key shares")
    wrong = base64.b64encode(os.urandom(33)).decode()
    give_share(wizard, central.keys[0], "1 of 2 key shares")
    wizard.shot()
    give_share(wizard, wrong, "invalid key share")  # refused at once; the earlier share still counts
    wizard.dialog.wait_for("1 of 2 key shares")
    assert not wizard.may_go_on()
    wizard.shot()
    give_share(wizard, central.keys[2], "The token is ready")
    assert_hidden(console.application, *central.keys)
    wizard.shot()
    wizard.next()
    wizard.page("Nothing has happened yet")
    assert "sys/replication/dr/secondary/promote" in wizard.commands(), wizard.commands()
    wizard.confirm("eu-dr")
    wizard.next()
    wizard.page("eu-dr is the primary", 90)
    wizard.dialog.wait_for("What comes next")
    wizard.shot()
    # It serves all data, and accepts the tokens of the old primary.
    dr.root_token = central.root_token
    client = dr.client()
    wait_until(lambda: client.replication("dr")["mode"] == "primary", 30, "the role")
    assert client.read("secret/data/mine")["data"]["data"] == {"of": "eu-central"}
    client.write("secret/data/after", {"data": {"value": "written after the failover"}})
    wait_until(lambda: "primary" in console.cluster("eu-dr").description, 30, "the role in the topology")
    client.close()
    return wizard


def lets_follow(console, report, central, dr):
    """From the report of the promotion: the old primary is back. The wizard demotes it, and it follows."""
    central.start()
    central.unseal()
    wait_until(lambda: "unreachable" not in console.cluster("eu-central").description, 30, "eu-central to be back")
    report.dialog.find("push button", "Let the old primary follow").press()
    wait_until(lambda: report.dialog not in console.dialogs(), 20, "the report to close")
    wizard = Wizard(console, "follow")
    wizard.page("Who follows whom?")
    assert wizard.dialog.find_labelled("Cluster").name.startswith("eu-central")
    assert wizard.dialog.find_labelled("New primary").name.startswith("eu-dr")
    wizard.dialog.wait_for("eu-central is a primary and is demoted first")
    wait_until(wizard.may_go_on, 30, "the checks to pass")
    wizard.next()
    wizard.page("eu-central stops being a primary")
    assert central.client().replication("dr")["mode"] == "primary"
    wizard.confirm("eu-central")
    wizard.next()
    wizard.page("Who allows it?", 60)
    wizard.dialog.find("push button", "Begin with key shares").press()
    wizard.dialog.wait_for("0 of 2 key shares")
    give_share(wizard, central.keys[0], "1 of 2 key shares")
    give_share(wizard, central.keys[1], "The token is ready")
    wizard.next()
    wizard.page("Data that eu-central has and eu-dr does not have is lost")
    assert_hidden(console.application, *central.keys)
    wizard.next()
    wizard.page("eu-central follows eu-dr", 90)
    wait_in_sync(dr, central, "dr")
    wait_until(lambda: not wizard.dialog.all("push button", "Cancel"), 60, "the report")
    wizard.shot()
    wizard.close()
    assert console.link("eu-dr → eu-central (disaster recovery)")


def promotes_by_plan(console, central, west):
    """Nothing is lost: the primary hands over in one call, and follows."""
    wizard = open_wizard(console, "promote-planned")
    wizard.page("Who takes over?")
    wizard.dialog.find_labelled("Promote").choose("eu-west")
    wizard.dialog.find("radio button", "Planned promotion").press()
    wizard.next()
    wizard.page("Nothing would be lost")
    wait_until(wizard.may_go_on, 30, "the checks to pass")
    wizard.next()
    wizard.page("Nothing has happened yet")
    commands = wizard.commands()
    assert "primary/switchover" in commands and "primary/demote" not in commands and TOKEN not in commands, commands
    assert west.client().replication("performance")["mode"] == "secondary"
    wizard.confirm("eu-west")
    wizard.next()
    wizard.page("eu-west is the primary", 90)
    wizard.close()
    wait_until(lambda: west.client().replication("performance")["mode"] == "primary", 30, "eu-west's role")
    assert central.client().replication("performance")["mode"] == "secondary"
    client = west.client(TOKEN)
    client.write("secret/data/after", {"data": {"value": "written in the west"}})
    assert client.read("secret/data/mine")["data"]["data"] == {"of": "eu-central"}
    client.close()


def main():
    with Workspace() as space:
        tls = space.tls()
        central, west, dr = [space.server(name, tls=tls).initialize() for name in ("eu-central", "eu-west", "eu-dr")]
        put_mine(central)
        operator_token(central, TOKEN)

        print("planned, performance")
        follow(central, west, "performance")
        generate_root(west)
        operator_token(west, TOKEN)
        with Console(*options_for([central, west], space.path, TOKEN, tls), "--theme", "dark") as console:
            wait_until(lambda: "stream-wals" in console.cluster("eu-west").description, 30, "the link")
            promotes_by_plan(console, central, west)
        central.client().write("sys/replication/performance/secondary/promote")
        wait_until(lambda: central.client().replication("performance")["mode"] == "primary", 30, "eu-central's role")

        print("unplanned, disaster recovery")
        follow(central, dr, "dr")
        with Console(*options_for([central, dr], space.path, TOKEN, tls), "--theme", "light") as console:
            wait_until(lambda: "stream-wals" in console.cluster("eu-dr").description, 30, "the link")
            central.kill()
            wait_until(lambda: "unreachable" in console.cluster("eu-central").description, 30, "the loss to show")
            screenshot("promote-before")
            print("a wrong token")
            refuses_wrong_token(console, dr)
            print("key shares")
            report = promotes_dr(console, central, dr)
            print("the old primary follows")
            lets_follow(console, report, central, dr)
            screenshot("promote-after")


if __name__ == "__main__":
    main()
