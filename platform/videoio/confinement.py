"""What a process can take from itself before it opens a hostile file: network, new files, programs, time, memory.

Two guards against the network, either of which is enough: an empty network namespace (needs rights that root has, and
many containers deny), and a seccomp filter (needs none). Linux only; elsewhere `confine` raises and nothing is opened.
"""

import ctypes
import os
import platform
import resource
import struct
from dataclasses import dataclass

CLONE_NEWUSER, CLONE_NEWNET, CLONE_THREAD = 0x10000000, 0x40000000, 0x00010000
PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 38, 22, 2
ALLOW, ERRNO = 0x7FFF0000, 0x00050000
EPERM, ENOSYS = 1, 38
LOAD, EQUALS, AT_LEAST, ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06  # classic BPF
NUMBER, ARCHITECTURE, ARGUMENTS = 0, 4, 16  # offsets in struct seccomp_data
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


class NotConfined(OSError):
    """This machine offers no way to cut a process off from the network."""


@dataclass(frozen=True, slots=True)
class Machine:
    """Numbers of system calls (linux/arch/*/entry/syscalls, include/uapi/asm-generic/unistd.h)."""

    audit: int  # AUDIT_ARCH_*
    denied: tuple[int, ...]
    opens: tuple[tuple[int, int], ...]  # (number, which argument holds the flags)
    clone: int


# socket connect accept sendto sendmsg bind listen socketpair; fork vfork execve kill; rename mkdir rmdir creat link
# unlink symlink chmod truncate ptrace mount; their ...at forms; process_vm_*, sendmmsg, execveat, io_uring_setup,
# pidfd_getfd.
_X86 = Machine(
    audit=0xC000003E,
    denied=(41, 42, 43, 44, 46, 49, 50, 53, 57, 58, 59, 62, 76, 82, 83, 84, 85, 86, 87, 88, 90, 101, 165, 258, 263, 264,
            265, 266, 268, 288, 307, 310, 311, 316, 322, 425, 438),
    opens=((2, 1), (257, 2)),
    clone=56,
)  # fmt: skip
_ARM = Machine(
    audit=0xC00000B7,
    denied=(198, 199, 200, 201, 202, 203, 206, 211, 221, 129, 34, 35, 36, 37, 38, 40, 45, 53, 117, 242, 269, 270, 271,
            276, 281, 425, 438),
    opens=((56, 2),),
    clone=220,
)  # fmt: skip
_MACHINES = {"x86_64": _X86, "aarch64": _ARM}
_UNKNOWN_IS_FINE = (435, 437)  # clone3, openat2: "not known here", and libc takes the older call that is looked at


def confine(*, memory: int, seconds: int) -> list[str]:
    """Give up what probing does not need, for good; returns the guards that hold.

    Parameters
    ----------
    memory : bytes of address space
    seconds : of processor time

    Raises
    ------
    NotConfined : neither guard against the network could be set
    """
    limit_resources(memory=memory, seconds=seconds)
    guards = [name for name, guard in (("netns", leave_network), ("seccomp", block_calls)) if guard()]
    if not guards:
        raise NotConfined(
            "neither a network namespace nor seccomp can be used here: run the worker on Linux (x86-64 or ARM64) with "
            "seccomp, as Docker's default profile allows"
        )
    return guards


def limit_resources(*, memory: int, seconds: int) -> None:
    limits = {
        resource.RLIMIT_AS: (memory, memory),
        resource.RLIMIT_CPU: (
            seconds,
            seconds + 2,
        ),  # first the signal that tells why, then the one that nobody survives
        resource.RLIMIT_FSIZE: (0, 0),  # no byte into any file
        resource.RLIMIT_NOFILE: (64, 64),
        resource.RLIMIT_CORE: (0, 0),  # a core dump would hold the picture
    }
    for what, (soft, hard) in limits.items():
        most = resource.getrlimit(what)[1]
        ours = hard if most == resource.RLIM_INFINITY else min(hard, most)
        resource.setrlimit(what, (min(soft, ours), ours))


def leave_network() -> bool:
    """Into a network namespace with nothing in it; as oneself, else as root of a user namespace of one's own."""
    unshare = _libc().unshare
    return unshare(CLONE_NEWNET) == 0 or unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0


def block_calls() -> bool:
    """A seccomp filter: sockets, new processes, and every change to the file system are answered with EPERM."""
    machine = _MACHINES.get(platform.machine())
    if machine is None:
        return False
    code = b"".join(struct.pack("=HBBI", *line) for line in _filter(machine))
    buffer = ctypes.create_string_buffer(code, len(code))
    program = struct.pack("@HP", len(code) // 8, ctypes.addressof(buffer))
    libc = _libc()
    if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
        return False
    return bool(libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.create_string_buffer(program), 0, 0) == 0)


def _filter(machine: Machine) -> list[tuple[int, int, int, int]]:
    """Lines of (code, jump if true, jump if false, operand); a jump counts the lines to leave out."""
    deny = (RETURN, 0, 0, ERRNO | EPERM)
    lines = [(LOAD, 0, 0, ARCHITECTURE), (EQUALS, 1, 0, machine.audit), deny, (LOAD, 0, 0, NUMBER)]
    lines += [(AT_LEAST, 0, 1, 0x40000000), deny]  # the x32 calls, other numbers for the same
    for number in machine.denied:
        lines += [(EQUALS, 0, 1, number), deny]
    for number in _UNKNOWN_IS_FINE:
        lines += [(EQUALS, 0, 1, number), (RETURN, 0, 0, ERRNO | ENOSYS)]
    for number, argument in machine.opens:  # reading is allowed
        flags = (LOAD, 0, 0, ARGUMENTS + 8 * argument)
        lines += [(EQUALS, 0, 4, number), flags, (ANY_BIT, 0, 1, WRITES), deny, (RETURN, 0, 0, ALLOW)]
    # Threads of one's own, no processes.
    lines += [(EQUALS, 0, 4, machine.clone), (LOAD, 0, 0, ARGUMENTS), (ANY_BIT, 1, 0, CLONE_THREAD), deny]
    return [*lines, (RETURN, 0, 0, ALLOW), (RETURN, 0, 0, ALLOW)]


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
