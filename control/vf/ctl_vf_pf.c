#include "control/vf/ctl_vf_pf.h"

#include "control/log.h"
#include "control/vf/ctl_vf_state.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define CARRIER_POLL_NS 50000000
#define CARRIER_POLLS 80U /* 4 s, in which a link of 1 Gbit/s is negotiated */
#define OF_PF CTL_SYSFS "/bus/pci/devices/%s/%s"

static int number_write(const struct ctl_vf_pf *pf, const char *file, unsigned number)
{
	char text[16];

	(void)snprintf(text, sizeof(text), "%u", number);
	return ctl_sysfs_write(text, OF_PF, pf->address, file);
}

/* A driver on any of them may be somebody's: the number of VFs can only be changed through none. */
static int existing_check(const struct ctl_vf_pf *pf, unsigned n_vfs, struct dp_why *why)
{
	for (unsigned i = 0; i < n_vfs; i++) {
		struct ctl_vf_name name = { .index = i };
		struct ctl_vf_sysfs vf;

		memcpy(name.pf, pf->name, sizeof(name.pf));
		ctl_vf_sysfs_get(CTL_SYSFS, &name, &vf);
		if (vf.driver[0] == '\0')
			continue;
		(void)snprintf(why->text, sizeof(why->text),
			       "%s has %u VFs and needs %u, but VF %u is in use by %s; free it or "
			       "make enough VFs before: echo %u > "
			       "/sys/class/net/%s/device/sriov_numvfs",
			       pf->name, n_vfs, pf->n_vfs, i, vf.driver, pf->n_vfs, pf->name);
		return -EBUSY;
	}
	return 0;
}

/* Without probing: a kernel driver would take them first. */
static int vfs_make(struct ctl_vf_pf *pf, const struct ctl_vf_sysfs *vf, struct dp_why *why)
{
	char autoprobe[8];
	int err = existing_check(pf, vf->n_vfs, why);

	if (err != 0)
		return err;
	(void)ctl_sysfs_read(autoprobe, sizeof(autoprobe), OF_PF, pf->address,
			     "sriov_drivers_autoprobe");
	(void)ctl_sysfs_write("0", OF_PF, pf->address, "sriov_drivers_autoprobe");
	if (vf->n_vfs != 0)
		err = number_write(pf, "sriov_numvfs", 0);
	if (!pf->made_vfs)
		pf->n_vfs_before = vf->n_vfs;
	pf->made_vfs = true;
	if (err == 0)
		err = number_write(pf, "sriov_numvfs", pf->n_vfs);
	(void)ctl_sysfs_write(autoprobe, OF_PF, pf->address, "sriov_drivers_autoprobe");
	if (err != 0)
		(void)snprintf(why->text, sizeof(why->text), "%s cannot make %u VFs: %s", pf->name,
			       pf->n_vfs, strerror(-err));
	else
		ctl_log(CTL_LOG_INFO, pf->name, "made %u VFs", pf->n_vfs);
	return err;
}

/* A PF that has just come up has no link yet, and some then refuse a rate. */
static void carrier_await(const struct ctl_vf_pf *pf)
{
	static const struct timespec pause = { .tv_nsec = CARRIER_POLL_NS };
	char carrier[4];

	for (unsigned i = 0; i < CARRIER_POLLS; i++) {
		if (ctl_sysfs_read(carrier, sizeof(carrier), CTL_SYSFS "/class/net/%s/carrier",
				   pf->name) == 0 &&
		    carrier[0] == '1')
			return;
		(void)nanosleep(&pause, NULL);
	}
}

int ctl_vf_pf_setup(struct ctl_vf_pf *pf, struct dp_why *why)
{
	struct ctl_vf_name name = { .index = 0 };
	struct ctl_vf_sysfs vf;
	int err = 0;

	memcpy(name.pf, pf->name, sizeof(name.pf));
	ctl_vf_sysfs_get(CTL_SYSFS, &name, &vf);
	memcpy(pf->address, vf.pf_address, sizeof(pf->address));
	if (vf.n_vfs < pf->n_vfs)
		err = vfs_make(pf, &vf, why);
	if (err != 0)
		return err;
	if (vf.pf_mtu < pf->mtu) {
		err = ctl_pf_set(pf->name, vf.pf_up, pf->mtu);
		if (err == 0 && !pf->set_mtu)
			pf->mtu_before = vf.pf_mtu;
		pf->set_mtu |= err == 0;
	}
	if (err == 0 && !vf.pf_up) {
		err = ctl_pf_set(pf->name, true, 0);
		pf->set_up |= err == 0;
		if (err == 0)
			carrier_await(pf);
	}
	if (err != 0)
		(void)snprintf(why->text, sizeof(why->text), "%s cannot be set up with mtu %u: %s",
			       pf->name, pf->mtu, strerror(-err));
	return err;
}

void ctl_vf_pf_restore(struct ctl_vf_pf *pf, const struct ctl_vf_pf *before)
{
	bool made_vfs = pf->made_vfs && !before->made_vfs;
	unsigned mtu = before->set_mtu ? before->mtu : pf->mtu_before;
	int err = 0;

	if (made_vfs)
		err = number_write(pf, "sriov_numvfs", 0);
	if (made_vfs && err == 0 && pf->n_vfs_before != 0)
		err = number_write(pf, "sriov_numvfs", pf->n_vfs_before);
	if (pf->set_up && !before->set_up && err == 0)
		err = ctl_pf_set(pf->name, false, 0);
	if (pf->set_mtu && (!before->set_mtu || pf->mtu != before->mtu) && err == 0)
		err = ctl_pf_set(pf->name, true, mtu);
	if (err != 0)
		ctl_log(CTL_LOG_WARNING, pf->name, "cannot be put back as it was: %s",
			strerror(-err));
	*pf = *before;
}
