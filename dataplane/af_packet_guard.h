#ifndef DATAPLANE_AF_PACKET_GUARD_H
#define DATAPLANE_AF_PACKET_GUARD_H

/**
 * @file
 * Keeps kernel devices from putting IPv4 fragments together.
 *
 * DPDK's af_packet driver (22.11) joins the socket of every queue to a fanout group that asks the
 * kernel to reassemble IPv4 before it delivers: a router would see no fragment, lose those whose
 * others took another way, and send what is larger than any MTU of the path. Ports have one queue,
 * which needs no group. The driver asks by setsockopt(); this file puts a function of that name
 * before the C library's, which leaves PACKET_FANOUT out.
 */

/**
 * Whether the driver really calls this file's function. Control thread, once EAL has started and
 * before a kernel device is opened.
 *
 * @return 0, -ELIBACC when the program was linked in a way that leaves the driver unguarded
 */
int af_packet_guard_check(void);

#endif
