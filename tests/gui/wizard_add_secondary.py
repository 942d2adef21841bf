"""Adds a secondary with the wizard: it sets up both ends, and changes nothing before the plan is confirmed."""

import sys

from driver import Console, key, screenshot, wait_until
from fleet import Workspace, operator_token, options_for, put_mine
from harness import ApiError, wait_in_sync
from wizard import Wizard, assert_hidden

TOKEN = "gui-operator-token"


def standalone(server):
    """Checks that the cluster does not replicate and serves its old data."""
    client = server.client()
    for kind in ("performance", "dr"):
        assert client.replication(kind)["mode"] == "disabled", (server.name, client.replication(kind))
    assert client.read("secret/data/mine")["data"]["data"] == {"of": server.name}
    client.close()


def open_wizard(console, picture):
    console.window.find("push button", "Toolbar: Add secondary").press()
    return Wizard(console, picture)


def choose(wizard, kind, primary, secondary):
    wizard.page("Which cluster follows which?")
    wizard.dialog.find("radio button", kind).press()
    wizard.dialog.find_labelled("Primary").choose(primary)
    wizard.dialog.find_labelled("Secondary").choose(secondary)
    wait_until(lambda: wizard.dialog.find("text", "Secondary id").text == secondary, 10, "the suggested id")


def refuses_wrong_token(space, tls, servers):
    """A wrong token stops the wizard at its checks."""
    with Console(*options_for(servers, space.path, "not-a-token", tls), "--theme", "light") as console:
        wizard = open_wizard(console, "add-secondary-wrong-token")
        choose(wizard, "Performance replication", "eu-central", "eu-west")
        wizard.next()
        wizard.page("The token for eu-west is not accepted")
        assert wizard.dialog.says("The token for eu-central is not accepted"), wizard.dialog.texts()
        assert not wizard.may_go_on()
        assert_hidden(console.application, "not-a-token")
        wizard.cancel()
    for server in servers:
        standalone(server)


def cancels(console, servers):
    """Before the plan is confirmed, nothing changes."""
    wizard = open_wizard(console, "add-secondary-cancel")
    choose(wizard, "Performance replication", "eu-central", "eu-west")
    wizard.next()
    wizard.page("Both run the same version")
    wait_until(wizard.may_go_on, 20, "the checks to pass")
    wizard.next()
    wizard.page("What eu-west loses")
    wizard.confirm("eu-west")
    wizard.next()
    wizard.page("Nothing has happened yet")
    key("Escape")
    console.wait_no_dialog()
    for server in servers:
        standalone(server)


def adds(console, kind, primary, secondary, picture):
    """Continues to the report. Returns the commands of the plan."""
    wizard = open_wizard(console, picture)
    choose(wizard, kind, primary.name, secondary.name)
    wizard.shot()
    wizard.next()
    wizard.page("Both run the same version")
    wait_until(wizard.may_go_on, 20, "the checks to pass")
    wizard.next()
    wizard.page(f"What {secondary.name} loses")
    wizard.dialog.wait_for("secret/")
    wizard.confirm(secondary.name)
    wizard.next()
    wizard.page("Nothing has happened yet")
    commands = wizard.commands()
    wizard.next()
    wizard.page("What comes next", 90)
    wizard.dialog.wait_for(f"{secondary.name} follows {primary.name}")
    assert_hidden(console.application, TOKEN, primary.root_token, secondary.root_token)
    wizard.close()
    return commands


def main():
    with Workspace() as space:
        tls = space.tls()
        servers = [space.server(name, tls=tls).initialize() for name in ("eu-central", "eu-west", "eu-dr")]
        central, west, dr = servers
        for server in servers:
            operator_token(server, TOKEN)
            put_mine(server)

        print("a wrong token")
        refuses_wrong_token(space, tls, [central, west])

        with Console(*options_for(servers, space.path, TOKEN, tls), "--theme", "light") as console:
            print("cancel")
            cancels(console, servers)

            print("performance")
            commands = adds(console, "Performance replication", central, west, "add-performance")
            for part in ("sys/replication/performance/primary/enable", "primary/secondary-token", "secondary/enable"):
                assert part in commands, commands
            assert TOKEN not in commands, commands
            wait_in_sync(central, west, "performance")
            # The secondary now has the primary's unseal keys and mounts, and none of its old tokens.
            try:
                west.client(TOKEN).read("sys/mounts")
                raise AssertionError("a token of the wiped cluster still works")
            except ApiError as error:
                assert error.status == 403, error
            link = "eu-central → eu-west (performance)"
            assert console.link(link)
            wait_until(lambda: "stream-wals" in console.cluster("eu-west").description, 30, "the new role in the topology")

            print("disaster recovery")
            adds(console, "Disaster recovery replication", central, dr, "add-dr")
            wait_in_sync(central, dr, "dr")
            assert console.link("eu-central → eu-dr (disaster recovery)")
            central.client().write("secret/data/after", {"data": {"value": "replicated"}})
            wait_in_sync(central, dr, "dr")
            wait_in_sync(central, west, "performance")

            # The log has each step with its command, and no secret.
            log = "\n".join(node.name + node.description for node in console.window.find("list", "Actions").walk())
            assert "secondary-token" in log and TOKEN not in log, log
            screenshot("add-secondary-done")

            print("a broken link")
            dr.kill()
            wait_until(lambda: "unreachable" in console.cluster("eu-dr").description, 30,
                       f"the loss to show: {console.cluster('eu-dr').description}")
            screenshot("add-secondary-lost")
            dr.start()
            dr.unseal(central.keys)
            wait_until(lambda: "stream-wals" in console.cluster("eu-dr").description, 60, "the link to be back")


if __name__ == "__main__":
    sys.exit(main())
