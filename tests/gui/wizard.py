"""What the wizard tests share: pages, pictures, and what must never be read from the accessibility tree."""

from driver import screenshot, wait_until


class Wizard:
    """The wizard that is open. Each page is known by its heading; each leaves a picture."""

    def __init__(self, console, picture):
        self.console = console
        self.dialog = console.dialog()
        self.picture = picture
        self._pages = 0
        self.next_button = self.dialog.find("push button", "Next")

    def page(self, heading, seconds=30):
        """Waits for the page whose heading holds these words, and keeps its picture."""
        self.dialog.wait_for(heading, seconds)
        assert_named(self.dialog)
        self.shot()
        return self

    def shot(self):
        self._pages += 1
        screenshot(f"{self.picture}-{self._pages}")

    def next(self):
        self.next_button.press()

    def may_go_on(self):
        return self.next_button.has("enabled")

    def cancel(self):
        self.dialog.find("push button", "Cancel").press()
        self.console.wait_no_dialog()

    def close(self):
        self.next()
        self.console.wait_no_dialog()

    def confirm(self, name):
        """Types the cluster's name; anything else does not do."""
        edit = self.dialog.find("text", "Type the cluster's name")
        for wrong in ("", name[:-1], name.upper(), name + "x"):
            edit.set_text(wrong)
            wait_until(lambda: not self.may_go_on(), 10, f"{wrong!r} to be refused")
        edit.set_text(name)
        wait_until(self.may_go_on, 10, f"{name!r} to be accepted")

    def commands(self):
        return self.dialog.find("text", "Commands").text


def everything_read(root):
    """All that can be read below `root`: names, descriptions and texts."""
    read = []
    for node in root.walk(hidden=True):
        read += [node.name, node.description]
        if node.role in ("text", "password text"):
            read.append(node.text)
    return "\n".join(read)


def assert_hidden(root, *secrets):
    read = everything_read(root)
    for secret in secrets:
        assert secret not in read, "a secret can be read from the accessibility tree"


def looked_at(root, look):
    """`look` at everything below `root`; once more where a control was replaced meanwhile, as while a page shows what goes on."""
    result = []

    def has_looked():
        result[:] = [look(node) for node in root.walk()]
        return True

    wait_until(has_looked, 10, "a moment in which nothing is replaced")
    return result


def assert_named(root):
    """Whatever takes the focus tells a screen reader what it is."""
    focusable = [each for each in looked_at(root, lambda node: (node.has("focusable", "showing"), node.role, node.name)) if each[0]]
    nameless = [role for _, role, name in focusable if not name.strip()]
    assert not nameless, nameless
    # Two controls of one window that cannot be told apart by name and role are as bad.
    seen = set()
    for _, role, name in focusable:
        if role in ("push button", "text", "check box", "radio button"):
            assert (role, name) not in seen, f"two of {role} {name!r}"
            seen.add((role, name))


def assert_inside(window):
    """Nothing that can be used is cut off at a side: there is no scrolling sideways."""
    left, _, width, _ = window.extents()
    for node in window.walk():
        if node.has("focusable", "showing") and node.role in ("push button", "text", "check box", "radio button", "combo box", "spin box"):
            x, _, w, _ = node.extents()
            assert left <= x and x + w <= left + width, f"{node!r} at {x}+{w} is cut off by {left}+{width}"
