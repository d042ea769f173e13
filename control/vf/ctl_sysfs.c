#include "control/vf/ctl_vf_sysfs.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

__attribute__((format(printf, 2, 0))) static int path_format(char path[PATH_MAX],
							     const char *format, va_list ap)
{
	int len = vsnprintf(path, PATH_MAX, format, ap);

	return len >= 0 && len < PATH_MAX ? 0 : -ENAMETOOLONG;
}

/* @return a file descriptor or -errno */
__attribute__((format(printf, 2, 0))) static int path_open(int flags, const char *format,
							   va_list ap)
{
	char path[PATH_MAX];
	int err = path_format(path, format, ap);
	int fd = err != 0 ? -1 : open(path, flags | O_CLOEXEC);

	if (err != 0)
		return err;
	return fd < 0 ? -errno : fd;
}

int ctl_sysfs_write(const char *text, const char *format, ...)
{
	int fd, err = 0;
	va_list ap;

	va_start(ap, format);
	fd = path_open(O_WRONLY, format, ap);
	va_end(ap);
	if (fd < 0)
		return fd;
	if (write(fd, text, strlen(text)) < 0)
		err = -errno;
	(void)close(fd);
	return err;
}

int ctl_sysfs_read(char *text, size_t size, const char *format, ...)
{
	ssize_t len;
	int fd, err;
	va_list ap;

	text[0] = '\0';
	va_start(ap, format);
	fd = path_open(O_RDONLY, format, ap);
	va_end(ap);
	if (fd < 0)
		return fd;
	len = read(fd, text, size - 1);
	err = len < 0 ? -errno : 0;
	(void)close(fd);
	text[len < 0 ? 0 : len] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return err;
}

int ctl_sysfs_link(char *text, size_t size, const char *format, ...)
{
	char path[PATH_MAX], target[PATH_MAX];
	const char *last;
	va_list ap;
	ssize_t len;
	int err;

	text[0] = '\0';
	va_start(ap, format);
	err = path_format(path, format, ap);
	va_end(ap);
	if (err != 0)
		return err;
	len = readlink(path, target, sizeof(target) - 1);
	if (len < 0)
		return -errno;
	target[len] = '\0';
	last = strrchr(target, '/');
	last = last != NULL ? last + 1 : target;
	return snprintf(text, size, "%s", last) < (int)size ? 0 : -ENAMETOOLONG;
}
