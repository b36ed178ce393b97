"""The filters, judged on both processors; the tables, compared with the kernel's own headers where these are installed."""

from __future__ import annotations

import errno
import re
import signal
from pathlib import Path

import pytest

from sdrbot_skills.sandbox import bpf
from sdrbot_skills.sandbox.syscalls import LAST_KNOWN, NUMBERS, Machine, this_machine
from tests.sandbox.bpf_machine import verdict
from tests.sandbox.conftest import Room

MACHINES: list[Machine] = ["x86_64", "aarch64"]
HEADERS = {
    "x86_64": Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
    "aarch64": Path("/usr/include/asm-generic/unistd.h"),
}
PTHREAD_FLAGS = 0x3D0F00  # what the C library's pthread_create asks for
READ = {"x86_64": 0, "aarch64": 63}


def fails(error: int) -> int:
    return bpf.FAIL | error


@pytest.mark.parametrize("machine", MACHINES)
class TestFilterA:
    def test_ordinary_work_is_allowed(self, machine: Machine) -> None:
        program = bpf.filter_a(machine)
        assert verdict(program, machine, READ[machine], 0) == bpf.ALLOW
        assert verdict(program, machine, "execve") == bpf.ALLOW  # bubblewrap still has to start Python
        assert verdict(program, machine, "openat", 0, 0, 0, 0o644) == bpf.ALLOW

    def test_another_processor_s_calls_kill(self, machine: Machine) -> None:
        assert verdict(bpf.filter_a(machine), machine, "execve", arch=0x40000003) == bpf.KILL_PROCESS

    def test_what_is_newer_than_the_tables_does_not_exist(self, machine: Machine) -> None:
        program = bpf.filter_a(machine)
        assert verdict(program, machine, LAST_KNOWN + 1) == fails(errno.ENOSYS)
        assert verdict(program, machine, 0x40000000 | READ[machine]) == fails(errno.ENOSYS)

    def test_sockets_are_unix_only(self, machine: Machine) -> None:
        program = bpf.filter_a(machine)
        assert verdict(program, machine, "socket", 1) == bpf.ALLOW
        for family in (0, 2, 10, 16, 17, 38, 40, 2 | 1 << 32):
            assert verdict(program, machine, "socket", family) == fails(errno.EAFNOSUPPORT)
            assert verdict(program, machine, "socketpair", family) == fails(errno.EAFNOSUPPORT)

    def test_threads_but_no_processes(self, machine: Machine) -> None:
        program = bpf.filter_a(machine)
        assert verdict(program, machine, "clone", PTHREAD_FLAGS) == bpf.ALLOW
        assert verdict(program, machine, "clone", signal.SIGCHLD) == fails(errno.EPERM)
        assert verdict(program, machine, "clone3") == fails(errno.ENOSYS)

    def test_typing_into_the_terminal(self, machine: Machine) -> None:
        program = bpf.filter_a(machine)
        assert verdict(program, machine, "ioctl", 0, 0x5401) == bpf.ALLOW
        for request in (0x5412, 0x541C, 0x5412 | 1 << 32, 0x5412 | 1 << 63):
            assert verdict(program, machine, "ioctl", 0, request) == fails(errno.EPERM)

    def test_no_set_id_bits(self, machine: Machine) -> None:
        program = bpf.filter_a(machine)
        assert verdict(program, machine, "fchmod", 3, 0o644) == bpf.ALLOW
        for bits in (0o4755, 0o2755):
            assert verdict(program, machine, "fchmod", 3, bits) == fails(errno.EPERM)
            assert verdict(program, machine, "fchmodat", 3, 0, bits) == fails(errno.EPERM)

    def test_every_denied_call(self, machine: Machine) -> None:
        program = bpf.filter_a(machine)
        denied = [name for name in bpf.DENIED if NUMBERS[name].on(machine) is not None]
        assert {verdict(program, machine, name) for name in denied} == {fails(errno.EPERM)}
        assert len(denied) > 70


@pytest.mark.parametrize("machine", MACHINES)
def test_filter_b_adds_programs_and_the_tie_to_the_launcher(machine: Machine) -> None:
    program = bpf.filter_b(machine)
    assert verdict(program, machine, "execve") == fails(errno.EPERM)
    assert verdict(program, machine, "execveat") == fails(errno.EPERM)
    assert verdict(program, machine, "prctl", bpf.PR_SET_PDEATHSIG) == fails(errno.EPERM)
    assert verdict(program, machine, "prctl", 15) == bpf.ALLOW
    assert verdict(program, machine, "clone", PTHREAD_FLAGS) == bpf.ALLOW


@pytest.mark.parametrize("machine", MACHINES)
def test_numbers_agree_with_the_kernel_s_headers(machine: Machine) -> None:
    header = HEADERS[machine]
    if not header.exists():
        pytest.skip(f"{header} is not installed")
    pairs = re.findall(r"^#define __NR(?:3264)?_(\w+)\s+(\d+)\s*$", header.read_text(), re.MULTILINE)
    defined = {name: int(number) for name, number in pairs}
    assert {name: number.on(machine) for name, number in NUMBERS.items()} == {
        name: defined.get(name) for name in NUMBERS
    }


def test_a_filter_fits_the_kernel_s_limit() -> None:
    assert all(len(build(machine)) // 8 < 4096 for build in (bpf.filter_a, bpf.filter_b) for machine in MACHINES)


def test_a_32_bit_call_ends_the_script(room: Room) -> None:
    if this_machine() != "x86_64":
        pytest.skip("only x86_64 has a 32-bit door")
    outcome, _ = room.run(
        """
        import ctypes, mmap
        code = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
        code.write(bytes([0xB8, 20, 0, 0, 0, 0xCD, 0x80, 0xC3]))  # mov eax, 20 (getpid); int 0x80; ret
        call = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(code)))
        print(call())
        """
    )
    assert outcome.signal == signal.SIGSYS
