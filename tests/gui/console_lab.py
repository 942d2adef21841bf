"""The lab in the console: the topology is a list that a screen reader can read and that the keyboard can walk through."""

from driver import Console, key, screenshot, wait_until
from fleet import Lab
from wizard import Wizard, assert_hidden, assert_named

ROLES = {"primary": "primary", "performance-secondary": "performance", "dr-secondary": "DR"}


def title_of(console):
    """The heading of the inspector."""
    return console.window.find("filler", "Inspector").all("label")[0].name


def check_topology(console, lab):
    topology = console.topology()
    wait_until(lambda: [node.name for node in topology.all("list item")] == lab.names, 30, f"the clusters {lab.names}")
    for cluster in lab.clusters:
        node = console.cluster(cluster["name"])
        wait_until(lambda: ROLES[cluster["role"]] in node.description, 30, f"the role of {node!r}: {node.description}")
        if cluster["role"] != "primary":
            wait_until(lambda: "stream-wals" in node.description and "0 entries behind" in node.description, 30,
                       f"state and lag of {node!r}: {node.description}")
        assert {"press", "toggle"} <= set(node.actions()), node.actions()
    primary, performance, dr = lab.names
    links = [f"{primary} → {performance} (performance)", f"{primary} → {dr} (disaster recovery)"]
    wait_until(lambda: [n.name for n in topology.walk() if "→" in n.name] == links, 30, f"the links {links}")
    return links


def check_actions(console, lab, links):
    """Opens every cluster and link by its action. The inspector shows it."""
    for name in lab.names:
        console.cluster(name).press()
        wait_until(lambda: title_of(console) == name, 20, f"the inspector on {name}")
    inspector = console.window.find("filler", "Inspector")
    inspector.wait_for("stream-wals")
    inspector.wait_for("✓ equal")
    for link in links:
        console.link(link).press()
        wait_until(lambda: title_of(console) == link.rpartition(" (")[0], 20, f"the inspector on {link}")
        for label in ("State", "Connection", "Behind", "Remote index", "Roots", "Cluster port"):
            inspector.wait_for(label)
        assert console.link(link).has("selected")
    fields = inspector.find("check box", "All status fields")
    fields.press()
    wait_until(lambda: "known_primary_cluster_addrs" in inspector.find("text", "Status fields").text, 20, "the raw fields")


def check_keyboard(console, lab, links):
    """Tab leads to the topology, arrows lead through it, Return leads into the inspector."""
    topology = console.topology()
    console.window.find("push button", "Add connection").focus()
    for _ in range(40):
        if topology.has("focused") or any(node.has("focused") for node in topology.children()):
            break
        key("Tab")
    else:
        raise AssertionError("Tab does not reach the topology")
    key("Home")
    for name in [*lab.names, *links]:
        wait_until(lambda: console.link(name).has("selected", "focused"), 20, f"the keyboard on {name}")
        key("Right")
    wait_until(lambda: console.cluster(lab.names[0]).has("selected"), 20, "round to the first")
    key("Left", "Left")
    wait_until(lambda: console.link(links[0]).has("selected"), 20, "back by two")

    key("ctrl+2")
    wait_until(lambda: not console.window.all("filler", "Inspector"), 20, "the inspector to fold")
    topology.focus()
    key("Return")
    wait_until(lambda: title_of(console) == links[0].rpartition(" (")[0], 20, "Return to open the inspector")


def check_writes(console, lab):
    """A write on the primary shows as a higher index, and both secondaries follow."""
    client = lab.client(0)
    console.cluster(lab.names[0]).press()
    wait_until(lambda: title_of(console) == lab.names[0], 20, "the inspector on the primary")
    before = client.replication("performance")["last_wal"]
    client.write("sys/mounts/gui", {"type": "kv", "options": {"version": "1"}})
    for number in range(50):
        client.write(f"gui/{number}", {"value": number})
    index = client.replication("performance")["last_wal"]
    assert index >= before + 50, (before, index)
    wait_until(lambda: f"{index:,}" in console.window.find("filler", "Inspector").texts(), 20, f"index {index}")
    for name in lab.names[1:]:
        wait_until(lambda: "0 entries behind" in console.cluster(name).description, 20, f"{name} to follow")
    client.close()


def check_embedded():
    """`--lab`: the clusters run in the console's own process. The user can show and use their keys."""
    with Console("--lab", "--theme", "light") as console:
        topology = console.topology()
        names = ["lab-primary", "lab-perf", "lab-dr"]
        wait_until(lambda: [node.name for node in topology.all("list item")] == names, 60, "the clusters of the lab")
        for link in (f"{names[0]} → {names[1]} (performance)", f"{names[0]} → {names[2]} (disaster recovery)"):
            console.link(link)
        for name in names[1:]:
            wait_until(lambda: "stream-wals" in console.cluster(name).description, 30, f"{name} to follow")
        screenshot("lab-embedded")

        print("keys of the lab")
        console.menu("Keys of the lab…")
        dialog = console.dialog()
        shares = [node for node in dialog.walk() if node.name.startswith("Key share") and node.role not in ("label", "push button")]
        assert len(shares) == 3, dialog.dump()
        assert all(len(set(node.text)) <= 1 for node in shares), "a key share can be read from the accessibility tree"
        assert_named(dialog)
        dialog.find("check box", "Show: Key share 1").press()
        share = wait_until(lambda: len(set(shares[0].text)) > 1 and shares[0].text, 20, "the share to be shown")
        screenshot("lab-keys")
        dialog.find("push button", "Close").press()
        console.wait_no_dialog()

        print("promote by plan")
        console.cluster("lab-perf").press()
        console.window.find("push button", "Toolbar: Promote").press()
        wizard = Wizard(console, "lab-promote")
        wizard.page("Who takes over?")
        wizard.dialog.find("radio button", "Planned promotion").press()
        wizard.next()
        wizard.page("Nothing would be lost")
        wait_until(wizard.may_go_on, 30, "the checks to pass")
        wizard.next()
        wizard.page("Nothing has happened yet")
        wizard.confirm("lab-perf")
        wizard.next()
        wizard.page("lab-perf is the primary", 60)
        assert_hidden(console.application, share)
        wizard.close()
        wait_until(lambda: console.cluster("lab-perf").description.startswith("primary"), 30,
                   f"the new role: {console.cluster('lab-perf').description}")
        screenshot("lab-promoted")


def main():
    check_embedded()
    with Lab() as lab:
        with Console(*lab.options(), "--theme", "light") as console:
            links = check_topology(console, lab)
            screenshot("lab-light")
            check_actions(console, lab, links)
            screenshot("lab-link-light")
            check_writes(console, lab)
            check_keyboard(console, lab, links)
            screenshot("lab-keyboard-light")
            console.menu("Dark theme")
            console.cluster(lab.names[1]).press()
            wait_until(lambda: title_of(console) == lab.names[1], 20, "the inspector")
            screenshot("lab-dark")


if __name__ == "__main__":
    main()
