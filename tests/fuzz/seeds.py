#!/usr/bin/env python3
"""Makes tests/fuzz/corpus: small inputs of the right form, to begin with.

Run in the root of the source.  What is signed comes from docs/VECTORS.md.
"""

import os
import re
import struct


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


def types():
    """The list in fuzz_calls.c: the first byte of an input is a place in it."""
    return re.findall(r"^    TYPE\((\w+)\)",
                      open("tests/fuzz/fuzz_calls.c").read(), re.M)


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
    names = types()
    seen = bytes(32)
    signed = u32(2) + string("ada") + u32(64) + bytes(64)
    request = signed + bytes(16) + u64(7) + seen
    put("calls", "leaf",
        bytes([names.index("evote_leaf")]) + bytes.fromhex(V["leaf"]))
    put("calls", "opening",
        bytes([names.index("evote_opening")]) + bytes.fromhex(V["opening"]))
    put("calls", "vote", bytes([names.index("evote_vote_args")]) + request +
        string("board") + string("yes") + bytes(32))
    put("calls", "create",
        bytes([names.index("evote_create_args")]) + request + BOARD)
    put("calls", "terms", bytes([names.index("evote_terms_args")]) + request +
        BOARD + u32(1) + u32(1) + u64(1))
    put("calls", "named",
        bytes([names.index("evote_named_args")]) + string("board") + seen)
    put("calls", "append", bytes([names.index("evote_append")]) + u64(1) * 3 +
        bytes(64) + u64(1) + u32(1) + string("leaf") + u32(0) + u64(0))


def texts():
    key = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
    put("csv", "comma", f"name,group,public key\r\nada,members,{key}\r\n")
    put("csv", "quotes", f'\ufeffname;group;key\n"Wang ""D""";board;{key}\n')
    put("csv", "tabs", f"key\tname\tgroup\n{key}\tada\tm\n")
    put("csv", "separator", f"sep=;\nname;group;key\nada;m;'{key}\n")
    put("hosts", "list", "alpha=10.0.0.1:17000,beta=vote2.example.org")
    put("hosts", "ipv6", "alpha=[fd00::1]:17000,w=[::1]")
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


ledger()
calls()
texts()
front()
