#!/usr/bin/env python3
"""strip.py PORT-FILE HOST PORT SIGN [SECONDS]: somebody in between.

Listens on a port of this machine, which it writes to PORT-FILE, and passes on
what comes to HOST and PORT; while the file SIGN exists, it answers by itself
that no TLS is offered.  What it passes on takes so many seconds each way.
"""

import os
import socket
import struct
import sys
import threading
import time

AUTH_TLS = 7
DELAY = float(sys.argv[5]) if len(sys.argv) > 5 else 0


def exactly(sock, n):
    got = b""
    while len(got) < n:
        more = sock.recv(n - len(got))
        if not more:
            raise ConnectionError
        got += more
    return got


def relay(a, b):
    try:
        while data := a.recv(65536):
            time.sleep(DELAY)
            b.sendall(data)
    except OSError:
        pass
    b.close()


def serve(client, target, sign):
    try:
        mark = exactly(client, 4)
        call = exactly(client, struct.unpack(">I", mark)[0] & 0x7FFFFFFF)
        if struct.unpack(">I", call[24:28])[0] == AUTH_TLS and \
                os.path.exists(sign):
            # MSG_DENIED, AUTH_ERROR, AUTH_REJECTEDCRED
            client.sendall(struct.pack(">I", 0x80000000 | 20) + call[:4] +
                           struct.pack(">4I", 1, 1, 1, 2))
            mark = call = b""
        server = socket.create_connection(target)
        server.sendall(mark + call)
    except (ConnectionError, struct.error):
        client.close()
        return
    threading.Thread(target=relay, args=(server, client)).start()
    relay(client, server)


def main():
    port_file, host, port, sign = sys.argv[1:5]
    listener = socket.create_server(("127.0.0.1", 0))
    with open(port_file + ".new", "w") as f:
        f.write(str(listener.getsockname()[1]))
    os.rename(port_file + ".new", port_file)
    while True:
        client, _ = listener.accept()
        threading.Thread(target=serve, args=(client, (host, int(port)), sign),
                         daemon=True).start()


main()
