"""Linux system call numbers the seccomp filters name, for the two processors we support (kernel: unistd_64.h, asm-generic/unistd.h)."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from typing import Literal

Machine = Literal["x86_64", "aarch64"]

AUDIT_ARCH: dict[Machine, int] = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}

# Every number above this one is newer than the tables below and answered with ENOSYS, so a kernel cannot grow a door behind our back.
# It also covers the x32 twins of x86_64, whose numbers carry bit 30.
LAST_KNOWN = 450


@dataclass(frozen=True)
class Number:
    """The number of one system call on each processor; None where that processor does not have it."""

    x86_64: int | None
    aarch64: int | None

    def on(self, machine: Machine) -> int | None:
        return self.x86_64 if machine == "x86_64" else self.aarch64


NUMBERS: dict[str, Number] = {
    name: Number(*numbers)
    for name, numbers in {
        # new processes and programs
        "clone": (56, 220),
        "clone3": (435, 435),
        "fork": (57, None),
        "vfork": (58, None),
        "execve": (59, 221),
        "execveat": (322, 281),
        # other processes
        "ptrace": (101, 117),
        "process_vm_readv": (310, 270),
        "process_vm_writev": (311, 271),
        "process_madvise": (440, 440),
        "process_mrelease": (448, 448),
        "kcmp": (312, 272),
        "pidfd_open": (434, 434),
        "pidfd_getfd": (438, 438),
        "pidfd_send_signal": (424, 424),
        # file systems and namespaces
        "mount": (165, 40),
        "umount2": (166, 39),
        "pivot_root": (155, 41),
        "chroot": (161, 51),
        "move_mount": (429, 429),
        "open_tree": (428, 428),
        "fsopen": (430, 430),
        "fsconfig": (431, 431),
        "fsmount": (432, 432),
        "fspick": (433, 433),
        "mount_setattr": (442, 442),
        "unshare": (272, 97),
        "setns": (308, 268),
        "name_to_handle_at": (303, 264),
        "open_by_handle_at": (304, 265),
        "mknod": (133, None),
        "mknodat": (259, 33),
        "quotactl": (179, 60),
        "quotactl_fd": (443, 443),
        "fanotify_init": (300, 262),
        "fanotify_mark": (301, 263),
        "lookup_dcookie": (212, 18),
        "setxattr": (188, 5),
        "lsetxattr": (189, 6),
        "fsetxattr": (190, 7),
        # wide or obscure kernel surfaces
        "bpf": (321, 280),
        "perf_event_open": (298, 241),
        "userfaultfd": (323, 282),
        "io_uring_setup": (425, 425),
        "io_uring_enter": (426, 426),
        "io_uring_register": (427, 427),
        "io_setup": (206, 0),
        "io_destroy": (207, 1),
        "io_submit": (209, 2),
        "io_cancel": (210, 3),
        "io_getevents": (208, 4),
        "keyctl": (250, 219),
        "add_key": (248, 217),
        "request_key": (249, 218),
        "personality": (135, 92),
        "modify_ldt": (154, None),
        "uselib": (134, None),
        "ustat": (136, None),
        "sysfs": (139, None),
        "nfsservctl": (180, 42),
        "migrate_pages": (256, 238),
        "move_pages": (279, 239),
        "mbind": (237, 235),
        "set_mempolicy": (238, 237),
        # memory that outlives or escapes the limits
        "memfd_create": (319, 279),
        "memfd_secret": (447, 447),
        "shmget": (29, 194),
        "shmat": (30, 196),
        "shmctl": (31, 195),
        "shmdt": (67, 197),
        "msgget": (68, 186),
        "msgsnd": (69, 189),
        "msgrcv": (70, 188),
        "msgctl": (71, 187),
        "semget": (64, 190),
        "semop": (65, 193),
        "semctl": (66, 191),
        "semtimedop": (220, 192),
        "mq_open": (240, 180),
        "mq_unlink": (241, 181),
        # the machine itself
        "acct": (163, 89),
        "swapon": (167, 224),
        "swapoff": (168, 225),
        "reboot": (169, 142),
        "kexec_load": (246, 104),
        "kexec_file_load": (320, 294),
        "init_module": (175, 105),
        "finit_module": (313, 273),
        "delete_module": (176, 106),
        "syslog": (103, 116),
        "settimeofday": (164, 170),
        "clock_settime": (227, 112),
        "clock_adjtime": (305, 266),
        "adjtimex": (159, 171),
        "sethostname": (170, 161),
        "setdomainname": (171, 162),
        "vhangup": (153, 58),
        "iopl": (172, None),
        "ioperm": (173, None),
        # judged by their arguments
        "socket": (41, 198),
        "socketpair": (53, 199),
        "ioctl": (16, 29),
        "prctl": (157, 167),
        "open": (2, None),
        "openat": (257, 56),
        "openat2": (437, 437),
        "creat": (85, None),
        "chmod": (90, None),
        "fchmod": (91, 52),
        "fchmodat": (268, 53),
    }.items()
}


def this_machine() -> Machine | None:
    """The processor we run on, or None where there is no table for it."""
    machine = platform.machine()
    return {"x86_64": "x86_64", "amd64": "x86_64", "aarch64": "aarch64", "arm64": "aarch64"}.get(machine)  # type: ignore[return-value]
