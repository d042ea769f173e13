#include "control/vf/ctl_vf_check.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* A made-up sysfs: PF p0 with two VFs, the second of them in a group with a sound card. */
static char root[64];

static void make(const char *path, const char *text)
{
	char full[256], command[320];
	FILE *file;

	(void)snprintf(full, sizeof(full), "%s/%s", root, path);
	(void)snprintf(command, sizeof(command), "mkdir -p $(dirname %s)", full);
	assert_int_equal(system(command), 0);
	file = fopen(full, "w");
	assert_non_null(file);
	(void)fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

static void point(const char *path, const char *target)
{
	char full[256];

	make(path, "");
	(void)snprintf(full, sizeof(full), "%s/%s", root, path);
	assert_int_equal(unlink(full), 0);
	assert_int_equal(symlink(target, full), 0);
}

static int sysfs_make(void **state)
{
	(void)state;
	(void)snprintf(root, sizeof(root), "/tmp/sluice-sysfs-XXXXXX");
	assert_non_null(mkdtemp(root));
	make("class/net/p0/mtu", "1500\n");
	make("class/net/p0/flags", "0x1003\n");
	point("class/net/p0/device", "../../../bus/pci/devices/0000:03:00.0");
	make("class/net/lo/mtu", "65536\n");
	make("bus/pci/devices/0000:03:00.0/sriov_totalvfs", "7\n");
	make("bus/pci/devices/0000:03:00.0/sriov_numvfs", "2\n");
	make("bus/pci/devices/0000:03:00.0/numa_node", "1\n");
	make("devices/system/node/node1/cpulist", "8-11,20\n");
	point("bus/pci/devices/0000:03:00.0/iommu_group", "../../../../groups/4");
	point("bus/pci/devices/0000:03:00.0/virtfn0", "../0000:03:10.0");
	point("bus/pci/devices/0000:03:00.0/virtfn1", "../0000:03:10.2");
	point("bus/pci/devices/0000:03:10.0/driver", "../../drivers/vfio-pci");
	point("bus/pci/devices/0000:03:10.0/iommu_group", "../../../../groups/5");
	make("groups/5/devices/0000:03:10.0", "");
	make("groups/5/devices/0000:00:1c.0", "");
	make("bus/pci/devices/0000:00:1c.0/class", "0x060400\n");
	point("bus/pci/devices/0000:03:10.2/driver", "../../drivers/igbvf");
	make("bus/pci/devices/0000:03:10.2/net/eth7/mtu", "1500\n");
	point("bus/pci/devices/0000:03:10.2/iommu_group", "../../../../groups/6");
	make("groups/6/devices/0000:03:10.2", "");
	make("groups/6/devices/0000:05:00.0", "");
	make("bus/pci/devices/0000:05:00.0/class", "0x040300\n");
	return 0;
}

static int sysfs_remove(void **state)
{
	char command[96];

	(void)state;
	(void)snprintf(command, sizeof(command), "rm -r %s", root);
	return system(command);
}

static void names(void **state)
{
	static const char *const wrong[] = { "",
					     "p0",
					     "p0/",
					     "/0",
					     "p0/-1",
					     "p0/x",
					     "p0/1x",
					     "a/b/0",
					     "../0",
					     "p0/65536",
					     "0123456789012345/0" };
	struct ctl_vf_name name;

	(void)state;
	assert_true(ctl_vf_name_parse("ens1f0np0/31", &name));
	assert_string_equal(name.pf, "ens1f0np0");
	assert_int_equal(name.index, 31);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_false(ctl_vf_name_parse(wrong[i], &name));
}

static void cpu_lists(void **state)
{
	(void)state;
	assert_true(ctl_cpu_list_has("0-3,8", 0) && ctl_cpu_list_has("0-3,8", 3));
	assert_true(ctl_cpu_list_has("0-3,8", 8) && ctl_cpu_list_has("5", 5));
	assert_false(ctl_cpu_list_has("0-3,8", 4) || ctl_cpu_list_has("0-3,8", 9));
	assert_false(ctl_cpu_list_has("", 0));
}

static struct ctl_vf_sysfs ask(const char *text)
{
	struct ctl_vf_name name;
	struct ctl_vf_sysfs vf;

	assert_true(ctl_vf_name_parse(text, &name));
	ctl_vf_sysfs_get(root, &name, &vf);
	return vf;
}

static void facts(void **state)
{
	struct ctl_vf_sysfs vf = ask("p0/0");

	(void)state;
	assert_true(vf.pf_exists && vf.pf_has_sriov && vf.pf_up && vf.has_iommu && vf.exists);
	assert_int_equal(vf.pf_mtu, 1500);
	assert_int_equal(vf.n_vfs, 2);
	assert_int_equal(vf.n_vfs_max, 7);
	assert_int_equal(vf.numa_node, 1);
	assert_string_equal(vf.numa_cores, "8-11,20");
	assert_string_equal(vf.address, "0000:03:10.0");
	assert_string_equal(vf.driver, "vfio-pci");
	assert_int_equal(vf.n_group_others, 0); /* a bridge is no other device */
	vf = ask("p0/1");
	assert_string_equal(vf.driver, "igbvf");
	assert_string_equal(vf.netdev, "eth7");
	assert_int_equal(vf.n_group_others, 1);
	assert_string_equal(vf.group_other, "0000:05:00.0");
	vf = ask("p0/2");
	assert_true(vf.pf_has_sriov && !vf.exists);
	vf = ask("lo/0");
	assert_true(vf.pf_exists && !vf.pf_has_sriov && !vf.has_iommu);
	vf = ask("p9/0");
	assert_false(vf.pf_exists);
}

static struct ctl_conf_router *router_make(bool provision)
{
	static struct ctl_conf_router router;

	memset(&router, 0, sizeof(router));
	(void)snprintf(router.config.name, sizeof(router.config.name), "a");
	(void)snprintf(router.config.ports[0].name, sizeof(router.config.ports[0].name), "wan0");
	router.config.core = 9;
	router.config.ports[0].mtu = 1500;
	router.provision = provision;
	return &router;
}

static unsigned sentences(const struct ctl_conf_router *router, const struct ctl_vf_sysfs *vf,
			  const struct ctl_vf_state *vf_state, unsigned *notes)
{
	const struct ctl_vf_port port = { .router = router, .vf = vf, .state = vf_state };
	struct ctl_errors errors = { 0 }, said = { 0 };
	unsigned n;

	ctl_vf_check(&port, &errors, &said);
	n = errors.n;
	*notes = said.n;
	ctl_errors_fini(&errors);
	ctl_errors_fini(&said);
	return n;
}

/* One fault at a time, and the number of errors and notes that it makes. */
static void each_fault_is_said_once(void **state)
{
	const struct ctl_vf_state good = { .known = 1U << CTL_VF_SET_TRUST, .trust = true };
	const struct ctl_vf_state untrusted = { .known = 1U << CTL_VF_SET_TRUST };
	const struct ctl_conf_router *router = router_make(false);
	struct ctl_vf_sysfs vf = ask("p0/0"), bad;
	unsigned notes;

	(void)state;
	vf.vfio_loaded = true;
	assert_int_equal(sentences(router, &vf, &good, &notes), 0);
	assert_int_equal(notes, 0);
	bad = vf;
	bad.vfio_loaded = false;
	assert_int_equal(sentences(router, &bad, &good, &notes), 1);
	bad = vf;
	bad.has_iommu = false;
	assert_int_equal(sentences(router, &bad, &good, &notes), 1);
	bad = vf;
	bad.pf_mtu = 1400;
	assert_int_equal(sentences(router, &bad, &good, &notes), 1);
	bad = vf;
	bad.pf_up = false;
	assert_int_equal(sentences(router, &bad, &good, &notes), 0);
	assert_int_equal(notes, 1);
	bad = vf;
	(void)snprintf(bad.numa_cores, sizeof(bad.numa_cores), "0-8");
	assert_int_equal(sentences(router, &bad, &good, &notes), 0);
	assert_int_equal(notes, 1);
	assert_int_equal(sentences(router, &vf, &untrusted, &notes), 0);
	assert_int_equal(notes, 1);
	bad = vf;
	(void)snprintf(bad.driver, sizeof(bad.driver), "mlx5_core");
	bad.vfio_loaded = false;
	assert_int_equal(sentences(router, &bad, &good, &notes), 0);
}

static void provision_keeps_quiet_about_what_it_mends(void **state)
{
	const struct ctl_vf_state unset = { .known = UINT32_MAX };
	struct ctl_vf_sysfs vf = ask("p0/3");
	unsigned notes;

	(void)state;
	vf.pf_up = false;
	vf.pf_mtu = 1000;
	assert_int_equal(sentences(router_make(true), &vf, &unset, &notes), 0);
	assert_int_equal(notes, 0);
	vf.has_iommu = false;
	assert_int_equal(sentences(router_make(true), &vf, &unset, &notes), 1);
}

static void wanted_settings(void **state)
{
	struct ctl_conf_router *router = router_make(true);
	struct ctl_vf_state wanted, again;
	char text[64];

	(void)state;
	router->config.ports[0].vlan = 401;
	router->config.ports[0].has_shape = true;
	router->config.ports[0].shape = (struct dp_sla){ .unit = RATE_BITS_PER_S,
							 .rate = 10500000,
							 .layer = RATE_LAYER_L2 };
	ctl_vf_state_wanted(router, 0, &wanted);
	ctl_vf_state_wanted(router, 0, &again);
	assert_int_equal(ctl_vf_state_compare(&wanted, &again), 0);
	assert_int_equal(wanted.mac[0] & 3, 2); /* of a station, locally administered */
	assert_true(wanted.spoof_check && wanted.trust);
	assert_int_equal(wanted.rate_mbps, 21);
	ctl_vf_state_text(&wanted, CTL_VF_SET_VLAN, text, sizeof(text));
	assert_string_equal(text, "vlan 401");
	again.trust = false;
	again.vlan = 0;
	assert_int_equal(ctl_vf_state_compare(&wanted, &again),
			 1U << CTL_VF_SET_TRUST | 1U << CTL_VF_SET_VLAN);
	again.known = 1U << CTL_VF_SET_VLAN;
	assert_int_equal(ctl_vf_state_compare(&wanted, &again), 1U << CTL_VF_SET_VLAN);
	router = router_make(false);
	ctl_vf_state_wanted(router, 0, &wanted);
	assert_int_equal(wanted.known, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(cpu_lists),
		cmocka_unit_test(facts),
		cmocka_unit_test(each_fault_is_said_once),
		cmocka_unit_test(provision_keeps_quiet_about_what_it_mends),
		cmocka_unit_test(wanted_settings),
	};

	return cmocka_run_group_tests(tests, sysfs_make, sysfs_remove);
}
