#ifndef CONTROL_CLI_DAEMON_H
#define CONTROL_CLI_DAEMON_H

/**
 * @file
 * What the client leaves to the daemon's program: all that reads configurations or needs DPDK.
 */

/**
 * Becomes sluiced with the given arguments: the one beside this program, or else of the path.
 *
 * @param args ends with NULL; the first is "sluiced"
 * @return only when it cannot be started: -errno
 */
int cli_daemon_exec(const char *const args[]);

#endif
