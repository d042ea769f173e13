#ifndef CONTROL_API_SOCKET_H
#define CONTROL_API_SOCKET_H

/**
 * @file
 * The socket file of the API: who may have it, how it comes and goes. Control thread only.
 */

#include "dataplane/dp.h"

#include <stdbool.h>
#include <sys/types.h>
#include <sys/un.h>

/** A listening socket with its file. */
struct ctl_api_socket {
	int fd; /**< non-blocking; -1 after ctl_api_socket_close() */
	struct sockaddr_un address;
	dev_t dev; /**< of the file, so that another process's file is never removed */
	ino_t ino;
	bool made_folder; /**< the folder did not exist before */
};

/**
 * Listens at a path with mode 0660; makes the folder if it is missing (one level, mode 0755).
 * Two daemons that start at once are told apart: one of them fails.
 *
 * @return as ctl_api_server_create()
 */
int ctl_api_socket_open(struct ctl_api_socket *sock, const char *path, struct dp_why *why);

/** Removes the file if it is still ours, then an empty folder that was made, and closes. */
void ctl_api_socket_close(struct ctl_api_socket *sock);

#endif
