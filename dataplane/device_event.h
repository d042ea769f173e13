#ifndef DATAPLANE_DEVICE_EVENT_H
#define DATAPLANE_DEVICE_EVENT_H

/**
 * @file
 * What devices tell by interrupt. DPDK calls back in a thread of its own; here each event becomes
 * a bit that control takes when it comes by, and a descriptor that wakes it.
 */

#include <stdint.h>

/** Bits of an event. */
#define DEVICE_EVENT_LINK 1U   /**< the link may have changed */
#define DEVICE_EVENT_RESET 2U  /**< the device was reset, by its PF or itself */
#define DEVICE_EVENT_REMOVE 4U /**< the kernel wants the device back, or it is unplugged */

/** Starts to listen. Control thread. @return 0 or -errno; then nothing was changed */
int device_event_init(void);

/** Control thread, after every device was closed. */
void device_event_fini(void);

/** Readable since an event came. Control thread. */
int device_event_fd(void);

/** Makes the descriptor unreadable. Control thread, before it takes the events. */
void device_event_clear(void);

/** Takes the bits of a device, which are 0 from then on. Control thread. */
uint8_t device_event_take(uint16_t eth_id);

#endif
