#!/usr/bin/env python3
"""A voter's client in Python's standard library, written from evote.x alone.

    client.py HOSTS status
    client.py HOSTS create VOTER KEY.pem NAME GROUP SECONDS CHOICE...
    client.py HOSTS vote VOTER KEY.pem ELECTION CHOICE [NUMBER]
    client.py HOSTS result ELECTION

HOSTS is NAME=ADDRESS[:PORT],...; without a port the host's portmapper is
asked.  KEY.pem is signed with by the openssl command.  With the same NUMBER a
request is the same one.  Prints the code and the reason, or the counts; ends
with the code, or with 9 when nobody answered.
"""

import hashlib
import os
import socket
import struct
import subprocess
import sys
import tempfile
import time

EVOTE_PROG, EVOTE_V1 = 0x2E564F54, 1
CREATE_ELECTION, CAST_VOTE, GET_RESULT, STATUS = 3, 4, 5, 8
SERVED, NOT_PRIMARY = 0, 1
ACT_CREATE, ACT_VOTE = 1, 2
BY_SIGNATURE = 2
HOST_S, CALL_S, ALL_S = 1, 3, 30
NO_ID = bytes(16)


# ---- XDR, RFC 4506 ----------------------------------------------------------


def u32(n):
    return struct.pack(">I", n)


def u64(n):
    return struct.pack(">Q", n)


def opaque(data):
    return u32(len(data)) + data + bytes(-len(data) % 4)


def string(text):
    return opaque(text.encode())


def array(items):
    return u32(len(items)) + b"".join(items)


class Reader:
    def __init__(self, data):
        self.data = data

    def fixed(self, n):
        if len(self.data) < n:
            raise ValueError("the reply is too short")
        head, self.data = self.data[:n], self.data[n:]
        return head

    def u32(self):
        return struct.unpack(">I", self.fixed(4))[0]

    def i32(self):
        return struct.unpack(">i", self.fixed(4))[0]

    def u64(self):
        return struct.unpack(">Q", self.fixed(8))[0]

    def opaque(self):
        n = self.u32()
        return self.fixed(n + -n % 4)[:n]

    def string(self):
        return self.opaque().decode()


# ---- what is signed and hashed ------------------------------------------------


def election(name, groups, choices, end):
    return (
        string(name)
        + array([string(g) for g in groups])
        + array([string(c) for c in choices])
        + u64(end)
    )


def opening(salt, name, choice):
    return string("evote opening 1") + salt + string(name) + string(choice)


def ballot(name, commitment):
    return string(name) + commitment


def asker(voter, client, number):
    return string(voter) + client + u64(number)


def statement(origin, cluster, who, act):
    return string("evote statement 1") + string(origin) + cluster + who + act


def sha256(data):
    return hashlib.sha256(data).digest()


def sign(pem, data):
    with tempfile.NamedTemporaryFile() as f:
        f.write(data)
        f.flush()
        return subprocess.run(
            ["openssl", "pkeyutl", "-sign", "-rawin", "-inkey", pem, "-in", f.name],
            check=True,
            stdout=subprocess.PIPE,
        ).stdout


# ---- ONC RPC over TCP, RFC 5531 -----------------------------------------------


def call_message(xid, prog, vers, proc, args):
    return struct.pack(">10I", xid, 0, 2, prog, vers, proc, 0, 0, 0, 0) + args


def reply_results(xid, reply):
    r = Reader(reply)
    if (r.u32(), r.u32(), r.u32()) != (xid, 1, 0):
        raise ValueError("no accepted reply to this call")
    r.u32()
    r.opaque()
    if r.u32() != 0:
        raise ValueError("the call was refused")
    return r


def receive(sock, n):
    data = b""
    while len(data) < n:
        more = sock.recv(n - len(data))
        if not more:
            raise OSError("the connection ended")
        data += more
    return data


def call(sock, proc, args, seconds):
    xid = struct.unpack(">I", os.urandom(4))[0]
    message = call_message(xid, EVOTE_PROG, EVOTE_V1, proc, args)
    sock.settimeout(seconds)
    sock.sendall(u32(0x80000000 | len(message)) + message)
    reply, last = b"", 0
    while not last:
        mark = struct.unpack(">I", receive(sock, 4))[0]
        last = mark & 0x80000000
        reply += receive(sock, mark & 0x7FFFFFFF)
    return reply_results(xid, reply)


def port_of(address):
    """The portmapper's word, version 2, GETPORT."""
    xid = struct.unpack(">I", os.urandom(4))[0]
    args = struct.pack(">4I", EVOTE_PROG, EVOTE_V1, socket.IPPROTO_TCP, 0)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.connect((address, 111))
        s.settimeout(HOST_S)
        s.send(call_message(xid, 100000, 2, 3, args))
        port = reply_results(xid, s.recv(512)).u32()
    if port == 0:
        raise OSError("no evote server there")
    return port


# ---- the service ----------------------------------------------------------------


class Answer:
    def __init__(self, r):
        self.cluster, self.incarnation = r.fixed(16), r.fixed(16)
        self.epoch, self.size, self.root = r.u64(), r.u64(), r.fixed(32)
        self.standing, self.host = r.u32(), r.string()
        self.code, self.reason, self.text = r.i32(), r.u32(), r.string()
        self.rest = r


class Service:
    def __init__(self, hosts):
        self.hosts = dict(h.split("=", 1) for h in hosts.split(","))
        self.order = list(self.hosts)
        self.origin = self.cluster = None
        self.epoch = self.size = 0

    def seen(self):
        return (self.cluster or NO_ID) + u64(self.epoch) + u64(self.size)

    def connect(self, name):
        address, _, port = self.hosts[name].partition(":")
        where = (address, int(port) if port else port_of(address))
        return socket.create_connection(where, HOST_S)

    def greet(self, sock):
        answer = Answer(call(sock, STATUS, b"", HOST_S))
        origin = answer.rest.string()
        if self.cluster not in (None, NO_ID, answer.cluster):
            sys.exit("the service has changed")
        if answer.standing == SERVED:
            self.cluster, self.origin = answer.cluster, origin
        return answer

    def ask_host(self, name, proc, make_args):
        with self.connect(name) as sock:
            answer = self.greet(sock)
            if answer.standing == SERVED:
                answer = Answer(call(sock, proc, make_args(), CALL_S))
        if answer.standing == SERVED:
            self.epoch = max(self.epoch, answer.epoch)
            self.size = max(self.size, answer.size)
        return answer

    def ask(self, proc, make_args):
        """Until a host that serves has answered: at each, with pauses."""
        end, pause = time.monotonic() + ALL_S, 0.1
        while time.monotonic() < end:
            for name in list(self.order):
                try:
                    answer = self.ask_host(name, proc, make_args)
                except (OSError, ValueError):
                    continue
                if answer.standing == SERVED:
                    return answer
                if answer.standing == NOT_PRIMARY and answer.host in self.hosts:
                    self.order.remove(answer.host)
                    self.order.insert(0, answer.host)
            time.sleep(pause)
            pause = min(2 * pause, 1)
        print("nobody answered")
        sys.exit(9)

    def request(self, voter, pem, act, number):
        client = sha256(voter.encode())[:16]
        data = statement(
            self.origin, self.cluster, asker(voter, client, number), act
        )
        credential = u32(BY_SIGNATURE) + string(voter) + opaque(sign(pem, data))
        return credential + client + u64(number) + self.seen()


def now_us():
    return time.time_ns() // 1000


def create(service, voter, pem, name, group, seconds, *choices):
    number, end = now_us(), now_us() + int(seconds) * 1000000
    what = election(name, [group], choices, end)
    return service.ask(
        CREATE_ELECTION,
        lambda: service.request(voter, pem, u32(ACT_CREATE) + what, number) + what,
    )


def vote(service, voter, pem, name, choice, number=None):
    number = int(number or now_us())
    # The same each time, since it belongs to the number; nobody else knows it.
    with open(pem, "rb") as f:
        salt = sha256(f.read() + u64(number))
    act = u32(ACT_VOTE) + ballot(name, sha256(opening(salt, name, choice)))
    return service.ask(
        CAST_VOTE,
        lambda: service.request(voter, pem, act, number)
        + string(name)
        + string(choice)
        + salt,
    )


def result(service, name):
    answer = service.ask(GET_RESULT, lambda: string(name) + service.seen())
    for _ in range(answer.rest.u32()):
        choice = answer.rest.string()
        print(choice, answer.rest.u64())
    return answer


def status(service):
    return service.ask(STATUS, lambda: b"")


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    commands = {f.__name__: f for f in (create, vote, result, status)}
    answer = commands[sys.argv[2]](Service(sys.argv[1]), *sys.argv[3:])
    print("code", answer.code, "reason", answer.reason, "epoch", answer.epoch)
    sys.exit(answer.code)


if __name__ == "__main__":
    main()
