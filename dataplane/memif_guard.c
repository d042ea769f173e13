#include "dataplane/memif_guard.h"

#include "dataplane/dp_publish.h"

#include <dlfcn.h>
#include <errno.h>

#include <rte_interrupts.h>

typedef int (*unregister_fn)(const struct rte_intr_handle *handle, rte_intr_callback_fn callback,
			     void *arg);

static unregister_fn next_unregister(void)
{
	/* Looked up each time: it happens once per connection, and from several threads. */
	return (unregister_fn)(uintptr_t)dlsym(RTLD_NEXT, "rte_intr_callback_unregister");
}

/* Takes DPDK's place for every driver. The others pay the wait, too, when they close a port. */
int rte_intr_callback_unregister(const struct rte_intr_handle *intr_handle, rte_intr_callback_fn cb,
				 void *cb_arg)
{
	int ret = next_unregister()(intr_handle, cb, cb_arg);

	dp_publish_wait();
	return ret;
}

int memif_guard_check(void)
{
	void *first = dlsym(RTLD_DEFAULT, "rte_intr_callback_unregister");

	if (first != (void *)(uintptr_t)rte_intr_callback_unregister || next_unregister() == NULL)
		return -ELIBACC;
	return 0;
}
