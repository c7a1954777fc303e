/* Lets the disk below one file fail, for the process that this is loaded into (LD_PRELOAD).

   NEWSBOT_DISK names a file that holds one number, the errno of every write, sync, truncation and creation of a
   file with "newsbot.db" in its path; a negative one fails reads too. While there is no such file, all works. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static int fault(void) {
    static int (*real)(const char *, int, ...);
    static ssize_t (*look)(int, void *, size_t);
    char text[16] = "";
    const char *path = getenv("NEWSBOT_DISK");
    int saved = errno, file;
    if (!real) real = dlsym(RTLD_NEXT, "open");
    if (!look) look = dlsym(RTLD_NEXT, "read");
    file = path ? real(path, O_RDONLY | O_CLOEXEC) : -1;
    if (file >= 0) {
        if (look(file, text, sizeof text - 1) < 0) text[0] = 0;
        close(file);
    }
    errno = saved;
    return atoi(text);
}

static int hit(int file, int reads) {
    char link[64], path[4096];
    ssize_t length;
    int wanted, saved = errno;
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    length = readlink(link, path, sizeof path - 1);
    errno = saved;
    if (length < 0) return 0;
    path[length] = 0;
    if (!strstr(path, "newsbot.db")) return 0;
    wanted = fault();
    if (!wanted || (reads && wanted > 0)) return 0;
    errno = abs(wanted);
    return 1;
}

#define FAILS(result, name, parameters, arguments, reads)          \
    result name parameters {                                       \
        static result(*real) parameters;                           \
        if (!real) real = dlsym(RTLD_NEXT, #name);                 \
        return hit(file, reads) ? -1 : real arguments;             \
    }

FAILS(ssize_t, write, (int file, const void *from, size_t size), (file, from, size), 0)
FAILS(ssize_t, pwrite, (int file, const void *from, size_t size, off_t at), (file, from, size, at), 0)
FAILS(ssize_t, pwrite64, (int file, const void *from, size_t size, off64_t at), (file, from, size, at), 0)
FAILS(ssize_t, read, (int file, void *into, size_t size), (file, into, size), 1)
FAILS(ssize_t, pread, (int file, void *into, size_t size, off_t at), (file, into, size, at), 1)
FAILS(ssize_t, pread64, (int file, void *into, size_t size, off64_t at), (file, into, size, at), 1)
FAILS(int, fsync, (int file), (file), 0)
FAILS(int, fdatasync, (int file), (file), 0)
FAILS(int, ftruncate, (int file, off_t size), (file, size), 0)
FAILS(int, ftruncate64, (int file, off64_t size), (file, size), 0)

#define OPENS(name)                                                                        \
    int name(const char *path, int flags, ...) {                                           \
        static int (*real)(const char *, int, ...);                                        \
        va_list more;                                                                      \
        mode_t mode;                                                                       \
        int wanted;                                                                        \
        va_start(more, flags);                                                             \
        mode = flags & O_CREAT ? va_arg(more, mode_t) : 0;                                 \
        va_end(more);                                                                      \
        if (!real) real = dlsym(RTLD_NEXT, #name);                                         \
        if ((flags & (O_WRONLY | O_RDWR)) && strstr(path, "newsbot.db") && (wanted = fault())) { \
            errno = abs(wanted);                                                           \
            return -1;                                                                     \
        }                                                                                  \
        return real(path, flags, mode);                                                    \
    }

OPENS(open)
OPENS(open64)
