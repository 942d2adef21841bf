"""A TCP proxy between two clusters that a test can pause. It tells connections apart by the protocol in their first bytes."""

import socket
import threading

from harness import free_port

LINK = {"performance": b"replication_v1", "dr": b"replication_dr_v1", "forward": b"hf_forward_v1"}


class Proxy:
    """Passes connections from its own port to a cluster port. Kinds of connection ("performance", "dr", "forward") can be held:
    until they are released, no data of the primary passes, and none is lost."""

    def __init__(self, target_port):
        self.target_port = target_port
        self.port = free_port()
        self.address = f"https://127.0.0.1:{self.port}"
        self._held = set()
        self._changed = threading.Condition()
        self._sockets = []
        self._listener = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._accept, daemon=True).start()

    def hold(self, *kinds):
        with self._changed:
            self._held |= {LINK[kind] for kind in kinds}

    def release(self):
        with self._changed:
            self._held.clear()
            self._changed.notify_all()

    def cut(self):
        """Ends every connection; new ones pass."""
        with self._changed:
            sockets, self._sockets = self._sockets, []
        for each in sockets:
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def close(self):
        self._listener.close()
        self.release()
        self.cut()

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        try:
            server = socket.create_connection(("127.0.0.1", self.target_port))
            first = client.recv(65536)
            server.sendall(first)
        except OSError:
            client.close()
            return
        kind = next((alpn for alpn in LINK.values() if bytes([len(alpn)]) + alpn in first), b"")
        with self._changed:
            self._sockets += [client, server]
        threading.Thread(target=self._pass, args=(client, server, None), daemon=True).start()
        self._pass(server, client, kind)

    def _pass(self, source, target, kind):
        try:
            while data := source.recv(65536):
                with self._changed:
                    self._changed.wait_for(lambda: kind not in self._held)
                target.sendall(data)
        except OSError:
            pass
        for each in (source, target):
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
