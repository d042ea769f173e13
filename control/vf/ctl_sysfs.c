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

int ctl_sysfs_write(const char *text, const char *format, ...)
{
	char path[PATH_MAX];
	int fd, err;
	va_list ap;

	va_start(ap, format);
	err = path_format(path, format, ap);
	va_end(ap);
	if (err != 0)
		return err;
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		err = -errno;
	(void)close(fd);
	return err;
}

int ctl_sysfs_read(char *text, size_t size, const char *format, ...)
{
	char path[PATH_MAX];
	ssize_t len;
	int fd, err;
	va_list ap;

	text[0] = '\0';
	va_start(ap, format);
	err = path_format(path, format, ap);
	va_end(ap);
	if (err != 0)
		return err;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
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
