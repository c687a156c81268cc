#include "sandbox/filter.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/mem.h"
#include "sandbox/confine.h"

/* Calls that reach nothing but the process itself and the descriptors it holds. A name that an architecture
 * does not have is passed over. */
static const char *const plain_calls[] = {
    /* the kept descriptors */
    "read",
    "readv",
    "pread64",
    "write",
    "writev",
    "recvmsg",
    "sendmsg",
    "close",
    "lseek",
    "_llseek",
    "fstat",
    "fstat64",
    "poll",
    "ppoll",
    "ppoll_time64",
    /* memory; with a condition below: mmap, mprotect */
    "brk",
    "munmap",
    "mremap",
    "madvise",
    /* threads; with a condition below: clone */
    "futex",
    "futex_time64",
    "set_robust_list",
    "rseq",
    "sched_yield",
    "sched_getaffinity",
    "gettid",
    "getpid",
    "exit",
    "exit_group",
    /* signals of its own: pthread_create(3) and abort(3) set them up */
    "rt_sigaction",
    "rt_sigreturn",
    "rt_sigprocmask",
    "restart_syscall",
    /* time, where the vDSO does not answer; the size of memory, that qsort(3) asks for; random numbers */
    "clock_gettime",
    "clock_gettime64",
    "clock_getres",
    "clock_getres_time64",
    "gettimeofday",
    "clock_nanosleep",
    "clock_nanosleep_time64",
    "nanosleep",
    "sysinfo",
    "getrandom",
#ifdef PP_SANITIZED
    /* the sanitizers' runtime, per thread and when it reports; never in a product */
    "sigaltstack",
    "prlimit64",
    "getrlimit",
#endif
};

/* The condition on one argument. */
#define MASKED(argument, mask, value)                                                                        \
    { .arg = (argument), .op = SCMP_CMP_MASKED_EQ, .datum_a = (mask), .datum_b = (value) }
#define EQUAL(argument, value)                                                                               \
    { .arg = (argument), .op = SCMP_CMP_EQ, .datum_a = (value) }

#define WRITE_FLAGS (O_ACCMODE | O_CREAT | O_TRUNC)

/* A thread has nothing of its own: least of all a table of descriptors, with a limit of its own on them. */
#define THREAD_FLAGS (CLONE_THREAD | CLONE_VM | CLONE_SIGHAND | CLONE_FILES | CLONE_FS)
#define PROCESS_FLAGS                                                                                        \
    (CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS |               \
     CLONE_NEWCGROUP | CLONE_PTRACE | CLONE_VFORK)

struct condition {
    const char *call;
    struct scmp_arg_cmp argument;
};

static int allow(scmp_filter_ctx filter, const char *name, const struct scmp_arg_cmp *argument) {
    int call = seccomp_syscall_resolve_name(name);
    if (call == __NR_SCMP_ERROR)
        return 0; /* a libseccomp older than the call cannot allow it */
    return seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, call, argument ? 1 : 0, argument);
}

/* Memory never becomes executable, new threads are threads of this process,
 * signals go to itself, fcntl and prctl do only what is named here. */
static int allow_conditional(scmp_filter_ctx filter) {
    const struct condition conditions[] = {
        {"mmap", MASKED(2, PROT_EXEC, 0)},
        {"mmap2", MASKED(2, PROT_EXEC, 0)},
        {"mprotect", MASKED(2, PROT_EXEC, 0)},
        {"clone", MASKED(0, THREAD_FLAGS | PROCESS_FLAGS, THREAD_FLAGS)},
        {"tgkill", EQUAL(0, (scmp_datum_t)getpid())},
        {"prctl", EQUAL(0, PR_SET_NAME)},
        {"setitimer", EQUAL(0, ITIMER_PROF)}, /* a watchdog of its own */
        {"fcntl", EQUAL(1, F_GETFL)},
        {"fcntl", EQUAL(1, F_GETFD)},
        {"fcntl64", EQUAL(1, F_GETFL)},
        {"fcntl64", EQUAL(1, F_GETFD)},
    };
    int result = 0;
    for (size_t i = 0; i < PP_COUNT(conditions) && result == 0; i++)
        result = allow(filter, conditions[i].call, &conditions[i].argument);
    return result;
}

struct refusal {
    const char *call;
    int answer; /* errno */
    bool conditional;
    struct scmp_arg_cmp argument;
};

static int refuse(scmp_filter_ctx filter, const struct refusal *refusal) {
    int call = seccomp_syscall_resolve_name(refusal->call);
    if (call == __NR_SCMP_ERROR)
        return 0;
    return seccomp_rule_add_array(filter, SCMP_ACT_ERRNO((unsigned)refusal->answer), call,
                                  refusal->conditional, &refusal->argument);
}

/* What is not carried out and answered with an error instead.
 *
 * "No such call", because a filter cannot look where it would have to: the flags of clone3 stand in memory (the C
 * library then uses clone), and so does the path of newfstatat, which the kernel follows although AT_EMPTY_PATH says
 * that there may be none (an fstat(3) of the C library fails by that).
 *
 * "No such file", for looks that libraries take lazily and go on without: at a time zone, a locale, a processor's
 * description, a limit. Killing for one of them would cost a picture and keep nobody out: nothing is looked up for
 * the answer. What would be written is still the end. */
static int refuse_file_lookups(scmp_filter_ctx filter) {
    const struct refusal refusals[] = {
        {"clone3", ENOSYS, false, {0}},
        {"newfstatat", ENOSYS, true, MASKED(3, AT_EMPTY_PATH, AT_EMPTY_PATH)},
        {"newfstatat", ENOENT, true, MASKED(3, AT_EMPTY_PATH, 0)},
        {"open", ENOENT, true, MASKED(1, WRITE_FLAGS, 0)},
        {"openat", ENOENT, true, MASKED(2, WRITE_FLAGS, 0)},
        {"stat", ENOENT, false, {0}},
        {"stat64", ENOENT, false, {0}},
        {"lstat", ENOENT, false, {0}},
        {"lstat64", ENOENT, false, {0}},
        {"fstatat64", ENOENT, false, {0}},
        {"statx", ENOENT, false, {0}},
        {"access", ENOENT, false, {0}},
        {"faccessat", ENOENT, false, {0}},
        {"faccessat2", ENOENT, false, {0}},
        {"readlink", ENOENT, false, {0}},
        {"readlinkat", ENOENT, false, {0}},
        {"ioctl", ENOTTY, true, EQUAL(1, TCGETS)},
#ifndef PP_SANITIZED
        {"getrlimit", EPERM, false, {0}},
        {"ugetrlimit", EPERM, false, {0}},
        {"prlimit64", EPERM, true, EQUAL(2, 0)},
#endif
    };
    int result = 0;
    for (size_t i = 0; i < PP_COUNT(refusals) && result == 0; i++)
        result = refuse(filter, &refusals[i]);
    return result;
}

static int fill(scmp_filter_ctx filter) {
    int result = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
    if (result == 0)
        result = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
    for (size_t i = 0; i < PP_COUNT(plain_calls) && result == 0; i++)
        result = allow(filter, plain_calls[i], NULL);
    if (result == 0)
        result = allow_conditional(filter);
    return result == 0 ? refuse_file_lookups(filter) : result;
}

bool sandbox_filter(struct pp_error *error) {
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
    if (!filter)
        return pp_fail(error, PP_E_UNSUPPORTED, "no seccomp filter can be made");
    int result = fill(filter);
    if (result == 0)
        result = seccomp_load(filter);
    seccomp_release(filter);
    if (result != 0)
        return pp_fail(error, PP_E_UNSUPPORTED, "seccomp: %s", strerror(-result));
    return true;
}

/* ---- For more than renderers ---- */

/* What takes a process to others, or out of its own. */
static const char *const ends[] = {"execve", "execveat", "ptrace", "process_vm_readv", "process_vm_writev"};
static const char *const sockets[] = {"socket", "connect", "bind", "listen", "accept", "accept4"};
/* What reaches into other processes or the kernel, or past the checks of paths. */
static const char *const kernel[] = {
#ifndef PP_SANITIZED /* whose runtime looks for leaks by it */
    "ptrace",
#endif
    "process_vm_readv",
    "process_vm_writev",
    "kcmp",
    "pidfd_getfd",
    "bpf",
    "perf_event_open",
    "userfaultfd",
    "io_uring_setup",
    "init_module",
    "finit_module",
    "delete_module",
    "kexec_load",
    "mount",
    "umount2",
    "move_mount",
    "open_tree",
    "fsopen",
    "fsmount",
    "pivot_root",
    "chroot",
    "setns",
    "open_by_handle_at",
    "acct",
    "swapon",
    "swapoff",
    "reboot",
    "quotactl",
};

static int end_at(scmp_filter_ctx filter, const char *const *names, size_t count) {
    int result = 0;
    for (size_t i = 0; i < count && result == 0; i++) {
        int call = seccomp_syscall_resolve_name(names[i]);
        if (call != __NR_SCMP_ERROR)
            result = seccomp_rule_add_array(filter, SCMP_ACT_KILL_PROCESS, call, 0, NULL);
    }
    return result;
}

static int begin(scmp_filter_ctx filter) {
    int result = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
    return result == 0 ? seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS) : result;
}

static bool load(scmp_filter_ctx filter, int result, struct pp_error *error) {
    if (result == 0)
        result = seccomp_load(filter);
    seccomp_release(filter);
    return result == 0 || pp_fail(error, PP_E_UNSUPPORTED, "seccomp: %s", strerror(-result));
}

bool sandbox_confine_calls(const char *const *names, size_t count, struct pp_error *error) {
    static const struct refusal no_clone3 = {"clone3", ENOSYS, false, {0}};
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    if (!filter)
        return pp_fail(error, PP_E_UNSUPPORTED, "no seccomp filter can be made");
    int result = begin(filter);
    if (result == 0)
        result = end_at(filter, ends, PP_COUNT(ends));
    if (result == 0)
        result = end_at(filter, sockets, PP_COUNT(sockets));
    for (size_t i = 0; i < PP_COUNT(plain_calls) && result == 0; i++)
        result = allow(filter, plain_calls[i], NULL);
    for (size_t i = 0; i < count && result == 0; i++)
        result = allow(filter, names[i], NULL);
    if (result == 0)
        result = allow_conditional(filter);
    if (result == 0)
        result = refuse(filter, &no_clone3);
    return load(filter, result, error);
}

/* What a program needs until it has closed its own cage (sandbox.c), beside what it needs within; and what starting,
 * watching and ending it takes. */
static const char *const starter_calls[] = {
    /* loading: libraries look for their files */
    "open",
    "openat",
    "newfstatat",
    "fstatat64",
    "stat",
    "stat64",
    "lstat",
    "lstat64",
    "statx",
    "statfs",
    "statfs64",
    "fstatfs",
    "fstatfs64",
    "access",
    "faccessat",
    "faccessat2",
    "readlink",
    "readlinkat",
    "getdents",
    "getdents64",
    "getcwd",
    "fcntl",
    "fcntl64",
    "ioctl",
    "fadvise64",
    "mmap",
    "mmap2",
    "mprotect",
    "mlock",
    "mlock2",
    "munlock",
    "arch_prctl",
    "set_tls",
    "set_tid_address",
    "uname",
    "umask",
    "getuid",
    "getuid32",
    "geteuid",
    "geteuid32",
    "getgid",
    "getgid32",
    "getegid",
    "getegid32",
    "getresuid",
    "getresuid32",
    "getresgid",
    "getresgid32",
    "getppid",
    "getpgrp",
    "getcpu",
    "membarrier",
    "sigaltstack",
    "sched_setaffinity",
    "sched_getparam",
    "sched_getscheduler",
    "get_mempolicy",
    "times",
    "getrusage",
    /* closing up */
    "prctl",
    "capget",
    "capset",
    "unshare",
    "seccomp",
    "close_range",
    "setitimer",
    "getrlimit",
    "ugetrlimit",
    "setrlimit",
    "prlimit64",
    "landlock_create_ruleset",
    "landlock_add_rule",
    "landlock_restrict_self",
    /* starting and ending one */
    "execve",
    "vfork",
    "fork",
    "wait4",
    "waitid",
    "pidfd_open",
    "kill",
    "setpgid",
    "pipe",
    "pipe2",
    "dup",
    "dup2",
    "dup3",
    "select",
    "pselect6",
    "pselect6_time64",
    /* between them */
    "socketpair",
    "getsockopt",
    "sendto",
    "recvfrom",
    "shutdown",
    "memfd_create",
    "ftruncate",
    "ftruncate64",
};

/* New threads and processes have the namespaces of this one. */
static int allow_clone(scmp_filter_ctx filter) {
    const struct scmp_arg_cmp no_namespace = MASKED(0, PROCESS_FLAGS & ~(uint64_t)CLONE_VFORK, 0);
    static const struct refusal no_clone3 = {"clone3", ENOSYS, false, {0}};
    int result = allow(filter, "clone", &no_namespace);
    return result == 0 ? refuse(filter, &no_clone3) : result;
}

bool sandbox_confine_starter(struct pp_error *error) {
    static const char *const looks[] = {"ptrace", "process_vm_readv", "process_vm_writev", "pidfd_getfd"};
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    if (!filter)
        return pp_fail(error, PP_E_UNSUPPORTED, "no seccomp filter can be made");
    int result = begin(filter);
    if (result == 0)
        result = end_at(filter, looks, PP_COUNT(looks));
    for (size_t i = 0; i < PP_COUNT(plain_calls) && result == 0; i++)
        result = allow(filter, plain_calls[i], NULL);
    for (size_t i = 0; i < PP_COUNT(starter_calls) && result == 0; i++)
        result = allow(filter, starter_calls[i], NULL);
    /* A signal to one of its own threads is that of whoever it has started, too. */
    if (result == 0)
        result = allow(filter, "tgkill", NULL);
    if (result == 0)
        result = allow_clone(filter);
    return load(filter, result, error);
}

bool sandbox_refuse_calls(struct pp_error *error) {
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    if (!filter)
        return pp_fail(error, PP_E_UNSUPPORTED, "no seccomp filter can be made");
    int result = begin(filter);
    if (result == 0)
        result = end_at(filter, kernel, PP_COUNT(kernel));
    return load(filter, result, error);
}

bool sandbox_refuse_network(struct pp_error *error) {
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    if (!filter)
        return pp_fail(error, PP_E_UNSUPPORTED, "no seccomp filter can be made");
    const struct scmp_arg_cmp others = {.arg = 0, .op = SCMP_CMP_NE, .datum_a = AF_UNIX};
    int result = begin(filter);
    if (result == 0)
        result = seccomp_rule_add_array(filter, SCMP_ACT_ERRNO(EACCES), SCMP_SYS(socket), 1, &others);
    return load(filter, result, error);
}
