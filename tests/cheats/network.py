"""Ways to the network and to sockets of this machine. A function that gains something says what; refused, it raises."""

import socket

KIND = "escaping"
WORKS_UNSEALED = (
    "tcp_socket",
    "udp_socket",
    "unix_socket",
    "pair_of_sockets",
    "kernel_socket",
    "listening_socket",
)


def tcp_socket():
    return f"a TCP socket: {socket.socket(socket.AF_INET, socket.SOCK_STREAM)}"


def udp_socket():
    return f"a UDP socket: {socket.socket(socket.AF_INET, socket.SOCK_DGRAM)}"


def unix_socket():
    return f"a Unix socket: {socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)}"


def pair_of_sockets():
    return f"a pair: {socket.socketpair()}"


def kernel_socket():
    return f"a netlink socket: {socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)}"


def listening_socket():
    return f"a server: {socket.create_server(('127.0.0.1', 0))}"


def own_socket_elsewhere():
    """The socket to the host, connected to something else."""
    with socket.socket(fileno=3) as sock:
        try:
            sock.connect("\0abstract")
        finally:
            sock.detach()
    return "the socket was connected anew"
