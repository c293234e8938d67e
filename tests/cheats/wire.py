"""Ways to confuse the host by writing to its socket directly. The socket is open file number 3."""

import os
import socket
import struct
import threading
import time

KIND = "forging"
MUST = "lost"  # the guest is ended

_LENGTHS = struct.Struct("<IQ")


def _send(data):
    with socket.socket(fileno=3) as sock:
        try:
            sock.setblocking(True)
            sock.sendall(data)
        finally:
            sock.detach()


def junk():
    _send(os.urandom(4096))
    return 1


def huge_header():
    _send(_LENGTHS.pack(2**32 - 1, 0))
    return 1


def huge_body():
    _send(_LENGTHS.pack(1, 2**63) + b"\xc0")
    return 1


def most_allowed_and_nothing_behind_it():
    _send(_LENGTHS.pack(256 * 1024, 64 * 1024 * 1024))
    time.sleep(60)


def nested_header():
    _send(_LENGTHS.pack(100_000, 0) + b"\x91" * 100_000)
    return 1


def another_structure():
    _send(_LENGTHS.pack(5, 0) + b"\x94\x01\x02\x03\x04")
    return 1


def unknown_status():
    _send(_LENGTHS.pack(8, 0) + b"\x91\xa6passed")
    return 1


def tensor_outside_its_frame():
    header = b"\x92\xa2ok\x94\xa1T\xa7float64\x91\xcd\x10\x00\x00"
    _send(_LENGTHS.pack(len(header), 8) + header + bytes(8))
    return 1


def two_answers():
    header = b"\x92\xa2ok\x01"
    _send(2 * (_LENGTHS.pack(len(header), 0) + header))
    return 1


def drop_by_drop():
    """One byte at a time, so that no single wait is long."""
    for byte in _LENGTHS.pack(1000, 0) + bytes(1000):
        _send(bytes([byte]))
        time.sleep(0.05)


def hang_up():
    os.close(3)
    return 1


def hang_up_but_stay():
    os.close(3)
    time.sleep(60)


def talk_without_being_asked():
    def chatter():
        while True:
            _send(b"\0" * 1000)
            time.sleep(0.001)

    threading.Thread(target=chatter, daemon=True).start()
    time.sleep(0.05)
    return 1


def stop_reading():
    """The next thing the host sends fills the socket and stays there."""
    time.sleep(60)
