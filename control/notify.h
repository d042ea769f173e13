#ifndef CONTROL_NOTIFY_H
#define CONTROL_NOTIFY_H

/**
 * @file
 * Tells a service manager about the daemon's state, as sd_notify(3) describes it.
 */

/**
 * Sends a state such as "READY=1" to the socket in the environment variable NOTIFY_SOCKET.
 *
 * @return 0 when it was sent or when no manager asked for it, or -errno
 */
int ctl_notify(const char *state);

#endif
