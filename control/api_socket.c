#include "control/api_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define BACKLOG 128

/* "" for the working directory, "/" for the root */
static void folder_of(const char *path, char *folder, size_t size)
{
	const char *slash = strrchr(path, '/');
	int len = slash == NULL ? 0 : slash == path ? 1 : (int)(slash - path);

	(void)snprintf(folder, size, "%.*s", len, path);
}

static int fail(struct dp_why *why, int err, const char *path, const char *right)
{
	(void)snprintf(why->text, sizeof(why->text), "socket %s: %s; %s", path, strerror(err),
		       right);
	return -err;
}

/*
 * Holds a lock on the folder while the file is probed, replaced and bound, so that two daemons
 * cannot both find a dead file. Closing the descriptor unlocks.
 */
static int folder_lock(struct ctl_api_socket *sock, const char *path, struct dp_why *why)
{
	char folder[sizeof(sock->address.sun_path)];
	int fd;

	folder_of(path, folder, sizeof(folder));
	if (folder[0] == '\0')
		return fail(why, EINVAL, path, "give an absolute path");
	sock->made_folder = mkdir(folder, 0755) == 0;
	if (!sock->made_folder && errno != EEXIST)
		return fail(why, errno, path, "its folder must exist or be creatable");
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return fail(why, errno, path, "its folder must be readable");
	if (flock(fd, LOCK_EX) == 0)
		return fd;
	(void)fail(why, errno, path, "its folder could not be locked");
	(void)close(fd);
	return -EIO;
}

/* A file that refuses connections has no process behind it. */
static int probe(const struct sockaddr_un *address, struct dp_why *why)
{
	const char *path = address->sun_path;
	struct stat st;
	int fd, err;

	if (lstat(path, &st) != 0)
		return errno == ENOENT ? 0 : fail(why, errno, path, "check the path");
	if (!S_ISSOCK(st.st_mode))
		return fail(why, EEXIST, path, "it is no socket; remove it or name another path");
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return fail(why, errno, path, "no socket could be made");
	err = connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0 ? 0 : errno;
	(void)close(fd);
	if (err == ECONNREFUSED)
		return unlink(path) == 0 ? 0 : fail(why, errno, path, "remove the stale file");
	return fail(why, EADDRINUSE, path,
		    "another sluiced serves it; stop that one or set control.socket");
}

/* Nobody can connect between bind and listen, so the mode is right from the first client on. */
static int bind_and_listen(struct ctl_api_socket *sock, struct dp_why *why)
{
	const char *path = sock->address.sun_path;
	struct stat st;

	sock->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (sock->fd < 0)
		return fail(why, errno, path, "no socket could be made");
	if (bind(sock->fd, (const struct sockaddr *)&sock->address, sizeof(sock->address)) != 0) {
		(void)fail(why, errno, path, "its folder must be writable");
		goto close;
	}
	if (chmod(path, 0660) != 0 || lstat(path, &st) != 0 || listen(sock->fd, BACKLOG) != 0) {
		(void)fail(why, errno, path, "it could not be set up");
		goto unlink;
	}
	sock->dev = st.st_dev;
	sock->ino = st.st_ino;
	return 0;
unlink:
	(void)unlink(path);
close:
	(void)close(sock->fd);
	sock->fd = -1;
	return -EIO;
}

static void folder_remove(struct ctl_api_socket *sock)
{
	char folder[sizeof(sock->address.sun_path)];

	folder_of(sock->address.sun_path, folder, sizeof(folder));
	if (sock->made_folder)
		(void)rmdir(folder); /* stays when others put something there */
	sock->made_folder = false;
}

int ctl_api_socket_open(struct ctl_api_socket *sock, const char *path, struct dp_why *why)
{
	int lock, err;

	*sock = (struct ctl_api_socket){ .fd = -1, .address = { .sun_family = AF_UNIX } };
	if (strlen(path) >= sizeof(sock->address.sun_path))
		return fail(why, ENAMETOOLONG, path, "it may have 107 characters");
	memcpy(sock->address.sun_path, path, strlen(path) + 1);
	lock = folder_lock(sock, path, why);
	if (lock < 0) {
		folder_remove(sock);
		return lock;
	}
	err = probe(&sock->address, why);
	if (err == 0)
		err = bind_and_listen(sock, why);
	(void)close(lock);
	if (err != 0)
		folder_remove(sock);
	return err;
}

void ctl_api_socket_close(struct ctl_api_socket *sock)
{
	struct stat st;

	if (sock->fd < 0)
		return;
	if (lstat(sock->address.sun_path, &st) == 0 && st.st_dev == sock->dev &&
	    st.st_ino == sock->ino)
		(void)unlink(sock->address.sun_path);
	folder_remove(sock);
	(void)close(sock->fd);
	sock->fd = -1;
}
