/* What a renderer must never be able to do, each attempt in a process of its own: the kernel ends it. Looks that
 * libraries take lazily are refused with an error that tells nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <iconv.h>
#include <locale.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "child.h"

/* System calls by number: the C library must not stand in the way with checks of its own. */
#define CALL(...) ((void)!syscall(__VA_ARGS__))

static void try_open_to_write(void) {
    CALL(SYS_openat, AT_FDCWD, "/tmp", O_RDWR | O_TMPFILE, 0600);
}
static void try_truncate(void) {
    CALL(SYS_openat, AT_FDCWD, "/tmp/pingplay-sandbox-test", O_RDONLY | O_TRUNC, 0);
}
static void try_create(void) {
    CALL(SYS_openat, AT_FDCWD, "/tmp/pingplay-sandbox-test", O_WRONLY | O_CREAT, 0600);
}
static void try_openat2(void) {
    CALL(SYS_openat2, AT_FDCWD, "/etc/hostname", NULL, 0);
}
static void try_unlink(void) {
    CALL(SYS_unlinkat, AT_FDCWD, "/tmp/pingplay-sandbox-test", 0);
}
/* Its memory would be nobody's. */
static void try_memfd(void) {
    CALL(SYS_memfd_create, "ring", MFD_CLOEXEC | MFD_ALLOW_SEALING);
}
static void try_grow_file(void) {
    CALL(SYS_ftruncate, 2, 1 << 20);
}
static void try_seal(void) {
    CALL(SYS_fcntl, 2, F_ADD_SEALS, F_SEAL_WRITE);
}
static void try_thread_with_own_descriptors(void) {
    CALL(SYS_clone, CLONE_VM | CLONE_THREAD | CLONE_SIGHAND | CLONE_FS, NULL, NULL, NULL, NULL);
}
#ifdef __x86_64__
static void try_x32(void) {
    CALL(0x40000000 | SYS_getpid);
}
static void no_32_bit_calls(int signal_number) {
    (void)signal_number;
    CALL(100000); /* which kills; whoever came back from here would be sent here again */
}
/* getpid of 32-bit programs; a kernel that knows none of them says SIGSEGV. */
static void try_i386(void) {
    long call = 20;
    signal(SIGSEGV, no_32_bit_calls);
    __asm__ volatile("int $0x80" : "+a"(call) : : "memory");
}
#endif
static void try_socket(void) {
    CALL(SYS_socket, AF_INET, SOCK_STREAM, 0);
}
static void try_unix_socket(void) {
    CALL(SYS_socket, AF_UNIX, SOCK_STREAM, 0);
}
static void try_socketpair(void) {
    int pair[2];
    CALL(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, pair);
}
static void try_connect(void) {
    CALL(SYS_connect, 2, NULL, 0);
}
static void try_exec(void) {
    char *const argv[] = {NULL};
    CALL(SYS_execve, "/bin/true", argv, argv);
}
static void try_fork(void) {
    CALL(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
}
static void try_clone_namespace(void) {
    CALL(SYS_clone, CLONE_VM | CLONE_THREAD | CLONE_SIGHAND | CLONE_NEWUSER, NULL, NULL, NULL, NULL);
}
static void try_ptrace(void) {
    CALL(SYS_ptrace, PTRACE_ATTACH, getppid(), NULL, NULL);
}
static void try_read_memory_of_another(void) {
    CALL(SYS_process_vm_readv, getppid(), NULL, 0, NULL, 0, 0);
}
static void try_kill(void) {
    CALL(SYS_kill, getpid(), 0);
}
static void try_tgkill_another(void) {
    CALL(SYS_tgkill, 1, 1, 0);
}
static void try_pidfd(void) {
    CALL(SYS_pidfd_open, 1, 0);
}
static void try_prctl(void) {
    CALL(SYS_prctl, PR_SET_DUMPABLE, 1, 0, 0, 0);
}
static void try_mount(void) {
    CALL(SYS_mount, "none", "/tmp", "tmpfs", 0, NULL);
}
static void try_chroot(void) {
    CALL(SYS_chroot, "/");
}
static void try_unshare(void) {
    CALL(SYS_unshare, CLONE_NEWUSER);
}
static void try_setns(void) {
    CALL(SYS_setns, 0, 0);
}
static void try_setuid(void) {
    CALL(SYS_setuid, 0);
}
#ifndef PP_SANITIZED /* the sanitizers ask for limits when a thread begins */
static void try_setrlimit(void) {
    struct rlimit limit = {RLIM_INFINITY, RLIM_INFINITY};
    CALL(SYS_prlimit64, 0, RLIMIT_FSIZE, &limit, NULL);
}
#endif
static void try_ioctl(void) {
    char key = 'x';
    CALL(SYS_ioctl, 0, TIOCSTI, &key);
}
static void try_map_code(void) {
    CALL(SYS_mmap, NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}
static void try_make_code(void) {
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CALL(SYS_mprotect, page, 4096, PROT_READ | PROT_EXEC);
}
static void try_bpf(void) {
    CALL(SYS_bpf, 0, NULL, 0);
}
static void try_io_uring(void) {
    CALL(SYS_io_uring_setup, 1, NULL);
}
static void try_keyctl(void) {
    CALL(SYS_keyctl, 0, 0, 0, 0, 0);
}
static void try_personality(void) {
    CALL(SYS_personality, 0xffffffff);
}
static void try_signal_on_input(void) {
    CALL(SYS_fcntl, 2, F_SETOWN, 1);
}
static void try_pipe(void) {
    int ends[2];
    CALL(SYS_pipe2, ends, 0);
}
static void try_unknown_call(void) {
    CALL(100000);
}

static void attempt_is_killed(void **state) {
    const struct child *child = *state;
    int status = child_run(child);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGSYS);
}

#define ATTEMPT(what)                                                                                        \
    {                                                                                                        \
        "sandbox_kills_" #what, try_##what, NULL, {                                                          \
            .profile = SANDBOX_RENDERER, .keep = {2}, .keep_count = 1                                        \
        }                                                                                                    \
    }

static struct child attempts[] = {
    ATTEMPT(open_to_write),
    ATTEMPT(truncate),
    ATTEMPT(create),
    ATTEMPT(openat2),
    ATTEMPT(unlink),
    ATTEMPT(memfd),
    ATTEMPT(grow_file),
    ATTEMPT(seal),
    ATTEMPT(thread_with_own_descriptors),
#ifdef __x86_64__
    ATTEMPT(x32),
    ATTEMPT(i386),
#endif
    ATTEMPT(socket),
    ATTEMPT(unix_socket),
    ATTEMPT(socketpair),
    ATTEMPT(connect),
    ATTEMPT(exec),
    ATTEMPT(fork),
    ATTEMPT(clone_namespace),
    ATTEMPT(ptrace),
    ATTEMPT(read_memory_of_another),
    ATTEMPT(kill),
    ATTEMPT(tgkill_another),
    ATTEMPT(pidfd),
    ATTEMPT(prctl),
    ATTEMPT(mount),
    ATTEMPT(chroot),
    ATTEMPT(unshare),
    ATTEMPT(setns),
    ATTEMPT(setuid),
    ATTEMPT(ioctl),
    ATTEMPT(map_code),
    ATTEMPT(make_code),
    ATTEMPT(bpf),
    ATTEMPT(io_uring),
    ATTEMPT(keyctl),
    ATTEMPT(personality),
    ATTEMPT(signal_on_input),
    ATTEMPT(pipe),
    ATTEMPT(unknown_call),
#ifndef PP_SANITIZED
    ATTEMPT(setrlimit),
#endif
};

/* ---- looks, which are refused ---- */

#define REFUSED(wanted, ...)                                                                                 \
    do {                                                                                                     \
        if (syscall(__VA_ARGS__) != -1 || errno != (wanted))                                                 \
            _exit(__LINE__ % 90 + 1);                                                                        \
    } while (0)

/* Whether it is there or not makes no difference. */
static void look_at_files(void) {
    static const char *const paths[] = {"/etc/hostname", "/etc/localtime", "/", "/none"};
    struct stat about;
    char text[64];
    for (size_t i = 0; i < PP_COUNT(paths); i++) {
        REFUSED(ENOENT, SYS_openat, AT_FDCWD, paths[i], O_RDONLY, 0);
        REFUSED(ENOENT, SYS_openat, AT_FDCWD, paths[i], O_RDONLY | O_CLOEXEC | O_DIRECTORY, 0);
        REFUSED(ENOENT, SYS_openat, AT_FDCWD, paths[i], O_PATH, 0);
        REFUSED(ENOENT, SYS_newfstatat, AT_FDCWD, paths[i], &about, 0);
        REFUSED(ENOENT, SYS_statx, AT_FDCWD, paths[i], 0, STATX_ALL, text);
        REFUSED(ENOENT, SYS_faccessat, AT_FDCWD, paths[i], R_OK, 0);
        REFUSED(ENOENT, SYS_readlinkat, AT_FDCWD, paths[i], text, sizeof text);
#ifdef __x86_64__
        REFUSED(ENOENT, SYS_open, paths[i], O_RDONLY, 0);
        REFUSED(ENOENT, SYS_stat, paths[i], &about);
        REFUSED(ENOENT, SYS_lstat, paths[i], &about);
        REFUSED(ENOENT, SYS_access, paths[i], R_OK);
        REFUSED(ENOENT, SYS_readlink, paths[i], text, sizeof text);
#endif
    }
}

static void look_at_the_terminal(void) {
    struct termios settings;
    REFUSED(ENOTTY, SYS_ioctl, 2, TCGETS, &settings);
}

#ifndef PP_SANITIZED
static void look_at_limits(void) {
    struct rlimit limit;
    REFUSED(EPERM, SYS_prlimit64, 0, RLIMIT_NOFILE, NULL, &limit);
}
#endif

/* What the C library does for dates, names of countries and other characters. */
static void use_the_library(void) {
    time_t now = 1714564800;
    struct tm parts;
    if (!localtime_r(&now, &parts) || parts.tm_year != 124 || mktime(&parts) == -1)
        _exit(1);
    if (setlocale(LC_ALL, "fr_FR.UTF-8") || iconv_open("UTF-8", "CP1252") != (iconv_t)-1)
        _exit(2);
    if (sysconf(_SC_NPROCESSORS_ONLN) < 1 || sysconf(_SC_PHYS_PAGES) < 1 || isatty(2))
        _exit(3);
}

static void look_is_refused(void **state) {
    int status = child_run(*state);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        fail_msg("status %#x", status);
}

#define LOOK(what)                                                                                           \
    {                                                                                                        \
#what, what, NULL, {                                                                                 \
            .profile = SANDBOX_RENDERER, .keep = {2}, .keep_count = 1                                        \
        }                                                                                                    \
    }

static struct child looks[] = {
    LOOK(look_at_files),
    LOOK(look_at_the_terminal),
    LOOK(use_the_library),
#ifndef PP_SANITIZED
    LOOK(look_at_limits),
#endif
};

int main(void) {
    struct CMUnitTest tests[PP_COUNT(attempts) + PP_COUNT(looks)];
    for (size_t i = 0; i < PP_COUNT(attempts); i++)
        tests[i] = (struct CMUnitTest){attempts[i].name, attempt_is_killed, NULL, NULL, &attempts[i]};
    for (size_t i = 0; i < PP_COUNT(looks); i++)
        tests[PP_COUNT(attempts) + i] =
            (struct CMUnitTest){looks[i].name, look_is_refused, NULL, NULL, &looks[i]};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
