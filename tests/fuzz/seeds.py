#!/usr/bin/env python3
"""Makes tests/fuzz/corpus: small inputs of the right form, to begin with.

Run in the root of the source.  What is signed comes from docs/VECTORS.md.
"""

import hashlib
import os
import re
import sqlite3
import struct
import tempfile


def vectors():
    values, name = {}, None
    for line in open("docs/VECTORS.md", encoding="utf-8"):
        if line.startswith("        ") and name:
            values[name] += line.strip()
        elif m := re.match(r"    ([a-z-]+) =(.*)", line):
            name = m[1]
            values[name] = m[2].strip()
        else:
            name = None
    return values


def receipt():
    text = open("docs/VECTORS.md", encoding="utf-8").read()
    i = text.index("c2sp.org/tlog-proof@v1")
    return text[i:text.index("```", i) if "```" in text[i:] else None]


def u32(n):
    return struct.pack(">I", n)


def u64(n):
    return struct.pack(">Q", n)


def string(s):
    b = s.encode()
    return u32(len(b)) + b + bytes(-len(b) % 4)


def put(target, name, data):
    os.makedirs(f"tests/fuzz/corpus/{target}", exist_ok=True)
    data = data.encode() if isinstance(data, str) else data
    with open(f"tests/fuzz/corpus/{target}/{name}", "wb") as f:
        f.write(data)


V = vectors()
ASKER = string("ada") + bytes(range(16)) + u64(7)
BOARD = (string("board") + u32(1) + string("members") + u32(2) +
         string("yes") + string("no") + u64(86400 * 10**6))


def leaf(seq, kind, body, code=0, reason=0):
    return (u32(1) + u64(seq) + u64(0) + u64(seq + 1) + u32(code) +
            u32(reason) + u32(kind) + body)


def entry(leaf_bytes, opening=b""):
    return (struct.pack(">HH", len(leaf_bytes), len(opening)) + leaf_bytes +
            opening)


def call(name, data, seed=None):
    """Of that type of evote.x: fuzz_calls.c finds it by its name's place."""
    h = 2166136261
    for c in f"evote_{name}".encode():
        h = (h ^ c) * 16777619 % 2**32
    put("calls", seed or name, struct.pack(">H", h >> 16) + data)


def ledger():
    create = leaf(2, 4, ASKER + u32(0) + BOARD)
    opening = bytes.fromhex(V["opening"])
    vote = leaf(3, 5, string("ada") + bytes(range(16)) + u64(8) + u32(0) +
                string("board") + bytes.fromhex(V["commitment"]))
    host = leaf(4, 9, string("alpha") + bytes([1] * 16) + bytes([2] * 32) +
                bytes(16))
    opened = leaf(5, 10, string("ada") + bytes(range(16)) + u64(9) + u32(0) +
                  BOARD.replace(b"board", b"bored") + u32(1) + u32(1) + u64(1))
    roll = leaf(2, 2, u32(1) + string("bob") + string("members") +
                bytes([3] * 32))
    refused = leaf(4, 7, ASKER.replace(u64(7), u64(99)) + bytes(32), 2, 8)
    put("ledger", "votes", entry(create) + entry(vote, opening))
    put("ledger", "sheet", entry(create) + entry(vote, opening) +
        entry(host) + entry(opened))
    put("ledger", "roll", entry(roll) + entry(leaf(3, 3, string("bob"))) +
        entry(leaf(4, 8, string("ada"))))
    put("ledger", "refused", entry(create) + entry(vote, opening) +
        entry(refused))


def calls():
    seen = bytes(32)
    signed = u32(2) + string("ada") + u32(64) + bytes(64)
    request = signed + bytes(16) + u64(7) + seen
    terms = BOARD + u32(1) + u32(1) + u64(1)
    extension = string("board") + u64(9) + string("late")
    cancellation = string("board") + string("twice")
    voter = string("bob") + string("members") + bytes([3] * 32)
    settings = u32(1) + u32(1) + string("members") + u32(5)
    served = bytes(80) + u32(0) + string("") + u32(0) * 2 + string("")
    moment = u64(4) + u64(5)
    call("leaf", bytes.fromhex(V["leaf"]))
    call("opening", bytes.fromhex(V["opening"]))
    call("vote_args", request + string("board") + string("yes") + bytes(32))
    call("create_args", request + BOARD)
    call("terms_args", request + terms)
    call("named_args", string("board") + seen)
    call("append", u64(1) * 3 + bytes(64) + u64(1) + u32(1) + string("leaf") +
         u32(0) + u64(0))
    call("ballot_args", request + string("board") + bytes(32) +
         string("\1\2\0") + bytes(32))
    call("extend_args", request + extension)
    call("cancel_args", request + cancellation)
    call("preview_args", string("token") + terms + seen)
    call("settings_args", u32(1) * 2 + settings)
    call("stage_args", u32(1) + u32(0) + u64(3) + u32(1) + voter + u32(1) +
         u32(0) * 2)
    call("roll_args", u32(0) + string("members") + string("board"))
    call("roll_res", served + u64(3) + u32(1) + voter + u32(0))
    call("preview_res", served + u64(5) + u32(1) + u64(2) + settings)
    call("life_res", served + u32(1) + moment + u64(0) + moment + u64(9) +
         u32(60) + moment + u32(1) + moment + string("ada") + u64(9) +
         u64(10) + string("late") + string("") * 2)
    call("report_res", served + moment * 2 + u32(1) + u32(9) + u64(2) +
         u32(1) + string("beta") + u64(7) + moment + u64(0) + u32(0) * 2)
    call("pairs_res", served + u64(0) + u32(4) + u64(1) * 4)
    call("decide", u64(1) + u32(0) * 2 + u32(1) + config(0))
    call("open_args", string("alpha") + string("beta") + bytes(32))


def texts():
    key = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
    put("csv", "comma", f"name,group,public key\r\nada,members,{key}\r\n")
    put("csv", "quotes", f'\ufeffname;group;key\n"Wang ""D""";board;{key}\n')
    put("csv", "tabs", f"key\tname\tgroup\n{key}\tada\tm\n")
    put("csv", "separator", f"sep=;\nname;group;key\nada;m;'{key}\n")
    put("hosts", "list", "alpha=10.0.0.1:17000,beta=vote2.example.org")
    put("hosts", "ipv6", "alpha=[fd00::1]:17000,w=[::1]")
    put("hosts", "pin", f"\ufeff# both\nalpha=10.0.0.1:17000\npin {key}\n"
        "beta=10.0.0.2\n")
    put("key", "base64", key)
    put("key", "line", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINdamAGCsQq31Uv"
        "+08lkBzoO4XLz2qYjJa8CGmj3B1Ea ada@example.org")
    put("key", "pem", "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3"
        "v/VpguoRK9JLsLMREScVpe6lpGXA7rAMcrn9g\n-----END PRIVATE KEY-----\n")
    put("key", "openssh", "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXk"
        "tdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZW\n-----END "
        "OPENSSH PRIVATE KEY-----\n")
    note = (bytes.fromhex(V["checkpoint"]).decode() + "\n" + V["log-line"] +
            "\n" + V["host-line"] + "\n")
    put("note", "checkpoint", note)
    put("note", "receipt", receipt())
    put("note", "vkey", V["log-vkey"])
    put("note", "policy", f"log {V['log-vkey']}\nwitness alpha "
        f"{V['host-vkey']}\ngroup all all alpha\nquorum all\n")


def request_of(proc, prog=0x2e564f54, flavor=0, rpc=2):
    return (bytes(4) + u32(0) + u32(rpc) + u32(prog) + u32(1) + u32(proc) +
            u32(flavor) + u32(0) * 3)


def record(call):
    return u32(0x80000000 | len(call)) + call


def front():
    call = bytes(4) + u32(0) + u32(2) + u32(0x2e564f54) + u32(1) + u32(8)
    call += u32(7) + u32(0) * 3
    put("stream", "call", u32(0x80000000 | len(call)) + call)
    put("stream", "parts", u32(4) + call[:4] + u32(0) +
        u32(0x80000000 | len(call) - 4) + call[4:])
    vote = request_of(4) + u32(2) + string("ada") + u32(64) + bytes(64)
    vote += bytes(16) + u64(7) + bytes(32)
    vote += string("board") + string("yes") + bytes(32)
    status = request_of(8)
    put("transport", "status", b"\xff" + record(status))
    put("transport", "calls", b"\x07" + record(vote) + record(status) +
        record(vote) + record(request_of(0)))
    put("transport", "refused", b"\xff" + record(request_of(77)) +
        record(request_of(8, prog=7)) + record(request_of(8, flavor=7)) +
        record(request_of(8, rpc=3)) + record(request_of(4)))
    put("transport", "probe", b"\xff" +
        record(request_of(1, prog=0x2e564f55)) + record(request_of(0)))
    hello = bytes.fromhex("0303") + bytes(32) + b"\0" + bytes.fromhex(
        "00021301" "0100" "0012" "002b0003020304" "000d00040002" "0807")
    hello = b"\1" + u32(len(hello))[1:] + hello
    put("tls", "hello",
        b"\xff\x16\x03\x01" + struct.pack(">H", len(hello)) + hello)
    put("tls", "plain", b"\x10" + u32(0x80000000 | len(call)) + call)


def member(name, number):
    return string(name) + bytes([number] * 16)


def config(size, root=bytes(32)):
    listed = string("alpha") + u32(0) + string("10.0.0.1:17000") + u32(0)
    return (bytes(16) + u64(1) + bytes([1] * 16) + u32(1) +
            member("alpha", 1) + u32(1) + listed + u64(0) + u32(0) + u64(1) +
            u64(size) + root + u32(0) + string("") + u32(0))


def hosts():
    """The hosts' program; a first byte that is even is of a stranger."""
    def ask(proc, args):
        return record(request_of(proc, 0x2e564f57) + args)

    def sealed(proc, order, body):
        return ask(proc, u64(order) + u32(len(body)) + body + bytes(32))

    def opened(caller, callee="beta"):
        return ask(1, string(caller) + string(callee) + bytes(32))

    role = u32(5)
    end = u64(1) + u64(3) + bytes(32)
    hello = (member("alpha", 1) + role + config(3) + end + u64(3) + u32(1) +
             end + u64(5) * 3 + u32(1) + u32(0) * 2 + bytes(16) + u32(0) +
             u64(2000))
    confirm = u64(1) * 4
    sign = u64(1) + u64(3) + bytes(32) + u64(3)
    leaf_bytes = leaf(3, 3, string("bob"))
    append = (u64(1) * 2 + u64(3) + bytes(64) + u64(3) + u32(1) +
              u32(len(leaf_bytes)) + leaf_bytes + u32(0) + u64(5))
    decide = u64(1) + u32(0) * 2 + u32(1) + config(3)
    put("transport", "host", b"\x41" + opened("alpha") +
        sealed(2, 1, hello) + sealed(4, 2, confirm) + sealed(3, 3, append))
    put("transport", "witness", b"\xff" + opened("gamma") +
        sealed(5, 1, decide) + sealed(6, 1, sign) + ask(0, b""))
    put("transport", "unwanted", b"\xff" + opened("beta") +
        sealed(2, 1, hello))
    put("transport", "forged", b"\xfe" + opened("alpha") +
        sealed(2, 1, hello))


# ---- a data directory ----

PAGE = 512
SLOTS_MOST = 8192 - 8 - 4 - 32
SCHEMA = """
    PRAGMA page_size = 512;
    CREATE TABLE record (seq INTEGER PRIMARY KEY, leaf BLOB NOT NULL,
        opening BLOB, hash BLOB NOT NULL);
    CREATE TABLE state (one INTEGER PRIMARY KEY CHECK (one = 1),
        accepted INTEGER NOT NULL);
    INSERT INTO state VALUES (1, 1);
    PRAGMA user_version = 2;
"""


def database(leaves, ident=0x45564f54, more="", after=""):
    with tempfile.TemporaryDirectory() as d:
        db = sqlite3.connect(f"{d}/db")
        db.executescript(f"{SCHEMA} PRAGMA application_id = {ident}; {more}")
        for seq, (bytes_, opening) in enumerate(leaves):
            db.execute("INSERT INTO record VALUES (?, ?, ?, ?)",
                       (seq, bytes_, opening,
                        hashlib.sha256(b"\0" + bytes_).digest()))
        db.commit()
        db.executescript(after)
        db.close()
        return open(f"{d}/db", "rb").read()


def wal(frames):
    """Pages by number; None, or how many pages there are after a commit."""
    out = u32(0x377f0682) + u32(3007000) + u32(PAGE) + u32(0) * 3 + bytes(8)
    for number, pages, page in frames:
        out += u32(number) + u32(pages or 0) + bytes(16) + page
    return out


def in_wal(new):
    """All of a file, in one commit."""
    pages = [new[i:i + PAGE] for i in range(0, len(new), PAGE)]
    return wal([(i + 1, len(pages) if i + 1 == len(pages) else 0, page)
                for i, page in enumerate(pages)])


def store():
    genesis = leaf(0, 0, bytes(16) + string("fuzz"))
    voters = leaf(1, 2, u32(1) + string("ada") + string("members") +
                  bytes([3] * 32))
    vote = leaf(3, 5, string("ada") + bytes(range(16)) + u64(8) + u32(0) +
                string("board") + bytes.fromhex(V["commitment"]))
    create = leaf(2, 4, ASKER + u32(0) + BOARD)
    few = [(genesis, None), (voters, None)]
    all_ = few + [(create, None), (vote, bytes.fromhex(V["opening"]))]
    value = b"evote config 2\n"

    def directory(name, db, log=b"", value=value + config(0), how=0):
        put("store", name, bytes([how]) + struct.pack(">HH", len(db), len(log))
            + db + log + value)

    def waiting(db):
        """As a ledger is that has a log."""
        return db[:18] + b"\2\2" + db[20:]

    db = database(few)
    whole = database(all_)
    directory("directory", whole, how=2)
    directory("log", waiting(db), in_wal(waiting(whole)))
    directory("torn", db, value=u64(2) + u32(100) + value + config(
        1, hashlib.sha256(b"\0" + genesis).digest()), how=4)
    directory("types", database(
        few, after="UPDATE record SET hash = substr(hash, 2) WHERE seq = 1;"
        "INSERT INTO record VALUES (2, 'leaf', 7, 1.5), (9, x'', '', x'');"))
    directory("unsaid", database(few, more="DELETE FROM state;"))
    directory("short", database(few, more="UPDATE state SET accepted = 3;"))
    directory("real", database(few, more="UPDATE state SET accepted = 1e30;"))
    for name, kept in (("copy", value + config(0)), ("copy-of-none", b""),
                       ("copy-too-long", bytes(SLOTS_MOST + 1))):
        sealed = ("CREATE TABLE copy (config BLOB NOT NULL); INSERT INTO copy "
                  f"VALUES (x'{kept.hex()}');")
        put("store", name, b"\1" + database(few, 0x45564350, sealed))
    page = bytes(PAGE)
    put("wal", "raw", b"\1\0" + wal([(1, 1, page)]))
    put("wal", "damage", b"\0\2" + wal([(n, 3, page) for n in (1, 2, 3, 2, 3)]))
    put("wal", "torn", b"\2\3" + wal([(n, n, page) for n in (1, 2, 3)]))
    put("wal", "large", b"\x44\0" + wal([(1, 1, page)]).replace(
        u32(3007000) + u32(PAGE), u32(3007000) + u32(65536)))


ledger()
calls()
texts()
front()
hosts()
store()
