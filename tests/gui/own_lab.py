"""holdfast-console --lab: three clusters in the console's own process, a fourth that the user adds, and their keys."""

from driver import Console, screenshot, wait_until


def main():
    with Console("--lab", "--theme", "light") as console:
        names = ["lab-primary", "lab-perf", "lab-dr"]
        wait_until(lambda: [n.name for n in console.topology().all("list item")] == names, 60, f"the clusters {names}")
        for name in names[1:]:
            wait_until(lambda: "stream-wals, 0 entries behind" in console.cluster(name).description, 30, f"{name} in sync")
        screenshot("own-lab")

        console.menu("Add an empty cluster to the lab")
        wait_until(lambda: "standalone" in console.cluster("lab-spare-1").description, 30, "an unsealed cluster without a role")

        console.menu("Keys of the lab…")
        keys = console.dialog()
        for name in ("Root token of lab-primary", "Key share 1", "Root token of lab-spare-1", "Unseal key of lab-spare-1"):
            field = keys.find(None, name)
            assert not field.text.strip("*●•"), "a secret is given out unasked"
        keys.find("check box", "Show: Key share 1").press()
        wait_until(lambda: len(keys.find(None, "Key share 1").text) > 20, 10, "the share, once asked for")
        keys.find("push button", "Close").press()
        console.wait_no_dialog()
        screenshot("own-lab-spare")


if __name__ == "__main__":
    main()
