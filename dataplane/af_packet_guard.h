#ifndef DATAPLANE_AF_PACKET_GUARD_H
#define DATAPLANE_AF_PACKET_GUARD_H

/**
 * @file
 * Keeps kernel devices from putting IPv4 fragments together, and tells what they lose.
 *
 * DPDK's af_packet driver (22.11) joins the socket of every queue to a fanout group that asks the
 * kernel to reassemble IPv4 before it delivers: a router would see no fragment, lose those whose
 * others took another way, and send what is larger than any MTU of the path. Ports have one queue,
 * which needs no group. The driver asks by setsockopt(); this file puts a function of that name
 * before the C library's, which leaves PACKET_FANOUT out.
 *
 * Nor does that driver count what the kernel finds no room for in its ring. The kernel does, for
 * each socket; which one that is shows when the driver asks for the ring.
 */

#include <stdint.h>

/**
 * Whether the driver really calls this file's function. Control thread, once EAL has started and
 * before a kernel device is opened.
 *
 * @return 0, -ELIBACC when the program was linked in a way that leaves the driver unguarded
 */
int af_packet_guard_check(void);

/** The socket that was last given a receive ring, -1 before there is one. Control thread. */
int af_packet_guard_socket(void);

/**
 * Packets that found the ring of a socket full since this was last asked (PACKET_STATISTICS, see
 * packet(7)); 0 when fd is no such socket. Control thread.
 */
uint32_t af_packet_guard_missed(int fd);

#endif
