#include "sandbox/filter.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/mem.h"

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
    /* the frame ring; with a condition below: memfd_create */
    "ftruncate",
    "ftruncate64",
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

/* Memory never becomes executable, a memfd is none of huge pages, new threads are threads of this process,
 * signals go to itself, fcntl and prctl do only what is named here. */
static int allow_conditional(scmp_filter_ctx filter) {
    const struct condition conditions[] = {
        {"mmap", MASKED(2, PROT_EXEC, 0)},
        {"mmap2", MASKED(2, PROT_EXEC, 0)},
        {"mprotect", MASKED(2, PROT_EXEC, 0)},
        {"memfd_create", EQUAL(1, MFD_CLOEXEC | MFD_ALLOW_SEALING)},
        {"clone", MASKED(0, THREAD_FLAGS | PROCESS_FLAGS, THREAD_FLAGS)},
        {"tgkill", EQUAL(0, (scmp_datum_t)getpid())},
        {"prctl", EQUAL(0, PR_SET_NAME)},
        {"setitimer", EQUAL(0, ITIMER_PROF)}, /* a watchdog of its own */
        {"fcntl", EQUAL(1, F_GETFL)},
        {"fcntl", EQUAL(1, F_GETFD)},
        {"fcntl", EQUAL(1, F_ADD_SEALS)},
        {"fcntl", EQUAL(1, F_GET_SEALS)},
        {"fcntl64", EQUAL(1, F_GETFL)},
        {"fcntl64", EQUAL(1, F_GETFD)},
        {"fcntl64", EQUAL(1, F_ADD_SEALS)},
        {"fcntl64", EQUAL(1, F_GET_SEALS)},
    };
    int result = 0;
    for (size_t i = 0; i < PP_COUNT(conditions) && result == 0; i++)
        result = allow(filter, conditions[i].call, &conditions[i].argument);
    return result;
}

/* Answered with "no such call", because a filter cannot look where it would have to: the flags of clone3
 * stand in memory (the C library then uses clone), and so does the path of newfstatat, which the kernel
 * follows although AT_EMPTY_PATH says that there may be none (an fstat(3) of the C library fails by that). */
static int deny(scmp_filter_ctx filter) {
    const struct scmp_arg_cmp empty_path = EQUAL(3, AT_EMPTY_PATH);
    int clone3_call = seccomp_syscall_resolve_name("clone3");
    int stat_call = seccomp_syscall_resolve_name("newfstatat");
    int result = 0;
    if (clone3_call != __NR_SCMP_ERROR)
        result = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), clone3_call, 0);
    if (result == 0 && stat_call != __NR_SCMP_ERROR)
        result = seccomp_rule_add_array(filter, SCMP_ACT_ERRNO(ENOSYS), stat_call, 1, &empty_path);
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
    return result == 0 ? deny(filter) : result;
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
