#!/usr/bin/env python3
"""RPC over TLS (RFC 9289) in Python's standard library, written from evote.x.

    tls.py [--ca FILE --name NAME] [--max VERSION] [--alpn PROTOCOL]
        ADDRESS PORT STEP...

Takes one step after the other on one connection, and prints a line for each:

    probe[:PROG[:PROC]]  asks for TLS: "offered", or how that was refused
    behind:HEX           the same, with these bytes in the same segment
    plain:HEX            these bytes as they are: "sent"
    shake                the handshake: version and protocol, or why not
    authority            the certificate at the end of the chain, as PEM
    call:PROG:PROC       a call without arguments: "accepted 0", "denied 5"
    end                  "ended" when the server closes within 10 s, or "open"

With --ca the host's certificate has to be signed by the one in FILE, and to be
for NAME; without it nothing is verified.  PROG is in hexadecimal.
"""

import argparse
import socket
import ssl
import struct
import sys

AUTH_NONE, AUTH_TLS = 0, 7
EVOTE_PROG = "2e564f54"
WAIT_S = 10


class Ended(Exception):
    pass


class Connection:
    def __init__(self, options):
        self.options = options
        self.sock = socket.create_connection((options.address, options.port), WAIT_S)
        self.sock.settimeout(WAIT_S)
        self.tls = None
        self.plain = b""
        self.xid = 0

    # ---- bytes -------------------------------------------------------------

    def send(self, data):
        if self.tls:
            self.tls.write(data)
            data = self.outgoing.read()
        self.sock.sendall(data)

    def more(self):
        data = self.sock.recv(65536)
        if not data:
            raise Ended("the connection ended")
        return data

    def receive(self, n):
        while len(self.plain) < n:
            if self.tls is None:
                self.plain += self.more()
                continue
            try:
                self.plain += self.tls.read(65536)
            except ssl.SSLWantReadError:
                self.incoming.write(self.more())
        head, self.plain = self.plain[:n], self.plain[n:]
        return head

    # ---- RPC ---------------------------------------------------------------

    def ask(self, prog, proc, flavor, behind=b""):
        """The reply's status, its detail and its verifier."""
        self.xid += 1
        call = struct.pack(
            ">10I", self.xid, 0, 2, int(prog, 16), 1, int(proc), flavor, 0, 0, 0
        )
        self.send(struct.pack(">I", 0x80000000 | len(call)) + call + behind)
        mark = struct.unpack(">I", self.receive(4))[0]
        reply = self.receive(mark & 0x7FFFFFFF)
        xid, kind, denied = struct.unpack(">3I", reply[:12])
        assert (xid, kind) == (self.xid, 1), "no reply to this call"
        if denied:
            return "denied", struct.unpack(">2I", reply[12:20])[1], b""
        flavor, length = struct.unpack(">2I", reply[12:20])
        verifier = reply[20 : 20 + length]
        assert flavor == AUTH_NONE
        at = 20 + (length + 3) // 4 * 4
        return "accepted", struct.unpack(">I", reply[at : at + 4])[0], verifier

    def probe(self, prog=EVOTE_PROG, proc="0", behind=b""):
        word, number, verifier = self.ask(prog, proc, AUTH_TLS, behind)
        if (word, number, verifier) == ("accepted", 0, b"STARTTLS"):
            return "offered"
        return f"{word} {number}"

    def behind(self, data):
        return self.probe(behind=bytes.fromhex(data))

    def call(self, prog, proc):
        word, number, _ = self.ask(prog, proc, AUTH_NONE)
        return f"{word} {number}"

    # ---- TLS ---------------------------------------------------------------

    def context(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        if self.options.ca:
            context.load_verify_locations(self.options.ca)
        else:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        if self.options.max == "1.2":
            context.maximum_version = ssl.TLSVersion.TLSv1_2
        if self.options.alpn != "none":
            context.set_alpn_protocols([self.options.alpn])
        return context

    def shake(self):
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = self.context().wrap_bio(
            self.incoming, self.outgoing, server_hostname=self.options.name
        )
        try:
            self.handshake(tls)
        except ssl.SSLError as e:
            self.sock.sendall(self.outgoing.read())
            return f"no handshake: {e.strerror}"
        self.tls = tls
        return f"{tls.version()} {tls.selected_alpn_protocol()}"

    def handshake(self, tls):
        while True:
            try:
                tls.do_handshake()
                self.sock.sendall(self.outgoing.read())
                return
            except ssl.SSLWantReadError:
                self.sock.sendall(self.outgoing.read())
                self.incoming.write(self.more())

    def authority(self):
        chain = self.tls._sslobj.get_unverified_chain()
        return chain[-1].public_bytes().strip()

    # ---- the rest ----------------------------------------------------------

    def plain_bytes(self, data):
        self.sock.sendall(bytes.fromhex(data))
        return "sent"

    def end(self):
        try:
            while self.sock.recv(65536):
                pass
        except ConnectionResetError:
            pass
        except TimeoutError:
            return "open"
        return "ended"


def step(connection, text):
    name, *args = text.split(":")
    name = {"plain": "plain_bytes"}.get(name, name)
    try:
        return getattr(connection, name)(*args)
    except (Ended, ConnectionError) as e:
        return f"ended: {e}"


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--ca")
    parser.add_argument("--name")
    parser.add_argument("--max")
    parser.add_argument("--alpn", default="sunrpc")
    parser.add_argument("address")
    parser.add_argument("port", type=int)
    parser.add_argument("steps", nargs="+")
    options = parser.parse_args()
    connection = Connection(options)
    for text in options.steps:
        print(step(connection, text))
        sys.stdout.flush()


if __name__ == "__main__":
    main()
