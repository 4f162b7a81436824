#!/usr/bin/env python3
"""Many connections that say the same.

crowd.py HOST PORT CONNECTIONS TIMES reads|deaf|shuts FILE <CALL

Each says the call (a record) so many times and reads what comes; or never
reads; or shuts its side, and reads to the end.  Makes FILE when all is said
that is taken, prints how many were answered when all that read had something
or their end, and then, if some never read, stays.
"""
import selectors
import socket
import sys
import time

host, port, count, times, manner, said = sys.argv[1:]
call = sys.stdin.buffer.read() * int(times)
selector = selectors.DefaultSelector()
left, answered, open_ones = {}, set(), set()


def leave(s):
    selector.unregister(s)
    left.pop(s, None)
    open_ones.discard(s)


def speak(s):
    left[s] = left[s][s.send(left[s]):]
    if left[s]:
        return
    del left[s]
    if manner == "deaf":
        selector.unregister(s)
        return
    if manner == "shuts":
        s.shutdown(socket.SHUT_WR)
    selector.modify(s, selectors.EVENT_READ)


def listen(s):
    data = s.recv(65536)
    if data:
        answered.add(s)
    if not data or manner == "reads" and s not in left and s in answered:
        leave(s)


def attend(s, events):
    try:
        if events & selectors.EVENT_WRITE:
            speak(s)
        if events & selectors.EVENT_READ and s in open_ones:
            listen(s)
    except BlockingIOError:
        pass
    except OSError:
        leave(s)


kept = [socket.create_connection((host, int(port))) for _ in range(int(count))]
for s in kept:
    s.setblocking(False)
    left[s] = memoryview(call)
    open_ones.add(s)
    selector.register(s, selectors.EVENT_WRITE if manner == "deaf" else
                      selectors.EVENT_READ | selectors.EVENT_WRITE)
progress = time.monotonic()
while left and time.monotonic() - progress < 2:
    for key, events in selector.select(1):
        attend(key.fileobj, events)
        progress = time.monotonic()
open(said, "w").close()
while open_ones and manner != "deaf":
    for key, events in selector.select():
        attend(key.fileobj, events)
print(len(answered), flush=True)
if manner == "deaf":
    time.sleep(60)
