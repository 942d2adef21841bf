"""Common parts of the wizard tests: pages, pictures, and texts that the accessibility tree must never show."""

from driver import screenshot, wait_until


class Wizard:
    """The open wizard. It knows each page by its heading, and saves a picture of each."""

    def __init__(self, console, picture):
        self.console = console
        self.dialog = console.dialog()
        self.picture = picture
        self._pages = 0
        self.next_button = self.dialog.find("push button", "Next")

    def page(self, heading, seconds=30):
        """Waits for the page whose heading contains these words, and saves its picture."""
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
        """Types the cluster's name. Any other text is not accepted."""
        edit = self.dialog.find("text", "Type the cluster's name")
        for wrong in ("", name[:-1], name.upper(), name + "x"):
            edit.set_text(wrong)
            wait_until(lambda: not self.may_go_on(), 10, f"{wrong!r} to be refused")
        edit.set_text(name)
        wait_until(self.may_go_on, 10, f"{name!r} to be accepted")

    def commands(self):
        return self.dialog.find("text", "Commands").text


def everything_read(root):
    """Everything that can be read below `root`: names, descriptions and texts."""
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
    """Calls `look` for everything below `root`. Calls it again if a control was replaced during this, as on a page that shows progress."""
    result = []

    def has_looked():
        result[:] = [look(node) for node in root.walk()]
        return True

    wait_until(has_looked, 10, "a moment in which nothing is replaced")
    return result


def assert_named(root):
    """Each control that takes the focus tells a screen reader what it is."""
    focusable = [each for each in looked_at(root, lambda node: (node.has("focusable", "showing"), node.role, node.name)) if each[0]]
    nameless = [role for _, role, name in focusable if not name.strip()]
    assert not nameless, nameless
    # Two controls of one window with the same name and role are as bad as a control without a name.
    seen = set()
    for _, role, name in focusable:
        if role in ("push button", "text", "check box", "radio button"):
            assert (role, name) not in seen, f"two of {role} {name!r}"
            seen.add((role, name))


def assert_inside(window):
    """No control is cut off at a side, because the window does not scroll sideways."""
    left, _, width, _ = window.extents()
    for node in window.walk():
        if node.has("focusable", "showing") and node.role in ("push button", "text", "check box", "radio button", "combo box", "spin box"):
            x, _, w, _ = node.extents()
            assert left <= x and x + w <= left + width, f"{node!r} at {x}+{w} is cut off by {left}+{width}"
