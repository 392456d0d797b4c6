// SPDX-License-Identifier: GPL-2.0-only
/*
 * SART on emulated registers: what is written, in which order, and what never is.
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/ferry/link.h>
#include <linux/ferry/provide.h>
#include <linux/ferry/region.h>
#include <linux/ferry/sart.h>
#include <linux/io.h>
#include <linux/module.h>
#include <linux/of.h>
#include <linux/platform_device.h>
#include <linux/sizes.h>

#include "../core/iomem.h"
#include "../ferry_kunit.h"

#define PADDR	0x800004000ull		/* known answer: an entry of 16 KiB there */
#define SIZE	0x4000
#define SPAN	0xc0			/* of the registers */
#define NR	FERRY_SART_ENTRIES

#define CONFIG(i)	(0x00 + 4 * (i))
#define PADDR_REG(i)	(0x40 + 4 * (i))
#define SIZE_REG(i)	(0x80 + 4 * (i))

static const struct version {
	const char *name;
	const char *compatible;
	enum ferry_sart_version version;
	u32 config;		/* of the known answer */
	u32 in_use;		/* a config that is, with the least of flags */
	u32 unused;		/* and one that is not, with all else */
	u64 max_size;
	unsigned int bits;
} versions[] = {
	{ "v0", "apple,t8015-sart", FERRY_SART_V0, 0x0f000004, 0x01000000, 0xe0ffffff,
	  0x7ffffull << 12, 36 },
	{ "v2", "apple,t8103-sart", FERRY_SART_V2, 0xff000004, 0x01000000, 0x00ffffff,
	  0xffffffull << 12, 36 },
	{ "v3", "apple,t6000-sart", FERRY_SART_V3, 0x000000ff, 0x00000001, 0xffffff00,
	  0x3fffffffull << 12, 42 },
};

static void version_desc(const struct version *v, char *desc)
{
	strscpy(desc, v->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(version, versions, version_desc);

struct sart_ctx {
	const struct version *v;
	struct iomem *io;
	struct platform_device *pdev;
	void __iomem *regs;
	struct ferry_sart *sart;
};

static int sart_init(struct kunit *test)
{
	struct sart_ctx *ctx = kunit_kzalloc(test, sizeof(*ctx), GFP_KERNEL);

	if (!ctx)
		return -ENOMEM;
	ctx->io = iomem_get();
	if (!ctx->io)
		return -ENODEV;
	ctx->pdev = platform_device_register_simple("ferry-sart-kunit", PLATFORM_DEVID_AUTO, NULL,
						    0);
	if (IS_ERR(ctx->pdev))
		return PTR_ERR(ctx->pdev);
	ctx->regs = ioremap(ctx->io->phys, SPAN);
	test->priv = ctx;
	return 0;
}

static void sart_exit(struct kunit *test)
{
	struct sart_ctx *ctx = test->priv;

	if (!ctx)
		return;
	if (ctx->sart) {
		ferry_sart_end(ctx->sart);
		ferry_sart_put(ctx->sart);
	}
	iounmap(ctx->regs);
	platform_device_unregister(ctx->pdev);
}

/* What is in the registers now is the boot loader's. */
static struct sart_ctx *sart_make(struct kunit *test)
{
	struct sart_ctx *ctx = test->priv;

	ctx->v = test->param_value ?: &versions[2];
	ctx->sart = ferry_sart_create(&ctx->pdev->dev, ctx->regs, ctx->v->version);
	KUNIT_ASSERT_FALSE(test, IS_ERR(ctx->sart));
	KUNIT_EXPECT_EQ(test, ctx->io->nr, 0);
	return ctx;
}

static u32 reg_read(struct sart_ctx *ctx, unsigned int offset)
{
	u32 val;

	memcpy(&val, ctx->io->mem + offset, sizeof(val));
	return val;
}

static void reg_write(struct sart_ctx *ctx, unsigned int offset, u32 val)
{
	memcpy(ctx->io->mem + offset, &val, sizeof(val));
}

static int allow(struct sart_ctx *ctx, u64 paddr, u64 size)
{
	return ferry_sart_grant_ops.allow(ctx->sart, paddr, size);
}

static void revoke(struct sart_ctx *ctx, u64 paddr, u64 size)
{
	ferry_sart_grant_ops.revoke(ctx->sart, paddr, size);
}

/* The writes since the last look: these, in this order, of 32 bits each. */
static void expect_writes(struct kunit *test, struct sart_ctx *ctx, const struct iomem_write *want,
			  unsigned int nr)
{
	unsigned int i;

	KUNIT_ASSERT_EQ(test, ctx->io->nr, nr);
	for (i = 0; i < nr; i++) {
		KUNIT_EXPECT_EQ(test, ctx->io->log[i].offset, want[i].offset);
		KUNIT_EXPECT_EQ(test, ctx->io->log[i].value, want[i].value);
		KUNIT_EXPECT_EQ(test, ctx->io->log[i].size, 4);
	}
	ctx->io->nr = 0;
}

static void an_entry_is_live_last_and_dead_first(struct kunit *test)
{
	struct sart_ctx *ctx = sart_make(test);
	bool v3 = ctx->v->version == FERRY_SART_V3;
	const struct iomem_write set[] = {
		{ PADDR_REG(0), 4, 0x00800004 },
		{ v3 ? SIZE_REG(0) : CONFIG(0), 4, v3 ? 0x00000004 : ctx->v->config },
		{ CONFIG(0), 4, ctx->v->config },
	};
	const struct iomem_write cleared[] = {
		{ CONFIG(0), 4, 0 }, { PADDR_REG(0), 4, 0 }, { SIZE_REG(0), 4, 0 },
	};

	KUNIT_EXPECT_EQ(test, allow(ctx, PADDR, SIZE), 0);
	expect_writes(test, ctx, set, v3 ? 3 : 2);
	revoke(ctx, PADDR, SIZE);
	expect_writes(test, ctx, cleared, v3 ? 3 : 2);
}

static void entries_of_the_boot_loader_stay(struct kunit *test)
{
	struct sart_ctx *ctx = test->priv;
	const struct version *v = test->param_value;
	unsigned int i;

	reg_write(ctx, CONFIG(0), v->in_use);
	reg_write(ctx, CONFIG(1), v->unused);
	reg_write(ctx, CONFIG(2), v->config);
	reg_write(ctx, PADDR_REG(2), PADDR >> 12);
	reg_write(ctx, SIZE_REG(2), SIZE >> 12);
	sart_make(test);

	KUNIT_EXPECT_EQ(test, allow(ctx, PADDR, SIZE), 0);
	KUNIT_EXPECT_EQ(test, reg_read(ctx, PADDR_REG(1)), PADDR >> 12);
	for (i = 3; i < NR; i++)
		KUNIT_EXPECT_EQ(test, allow(ctx, PADDR + i * SIZE, SIZE), 0);
	KUNIT_EXPECT_EQ(test, allow(ctx, PADDR + i * SIZE, SIZE), -EBUSY);

	/* One of ours has the same range as theirs. */
	revoke(ctx, PADDR, SIZE);
	KUNIT_EXPECT_EQ(test, reg_read(ctx, CONFIG(1)), 0);
	revoke(ctx, PADDR, SIZE);
	ferry_sart_end(ctx->sart);
	for (i = 1; i < NR; i++)
		KUNIT_EXPECT_EQ(test, reg_read(ctx, CONFIG(i)), i == 2 ? v->config : 0);
	KUNIT_EXPECT_EQ(test, reg_read(ctx, CONFIG(0)), v->in_use);
	KUNIT_EXPECT_EQ(test, reg_read(ctx, PADDR_REG(2)), PADDR >> 12);
}

static void what_does_not_fit_is_refused(struct kunit *test)
{
	struct sart_ctx *ctx = sart_make(test);
	u64 end = BIT_ULL(ctx->v->bits);
	const struct { u64 paddr, size; } bad[] = {
		{ PADDR, 0 },
		{ PADDR, 1 },
		{ PADDR, SIZE + 1 },
		{ PADDR, SIZE - 1 },
		{ PADDR + 1, SIZE },
		{ PADDR + 0x800, SIZE },
		{ PADDR, ctx->v->max_size + 0x1000 },
		{ PADDR, U64_MAX & ~0xfffull },
		{ PADDR, BIT_ULL(63) },
		{ end, SIZE },
		{ end - SIZE, SIZE + 0x1000 },
		{ -(u64)SIZE, SIZE },
		{ -(u64)SIZE, 2 * SIZE },
		{ U64_MAX & ~0xfffull, 0x1000 },
		{ BIT_ULL(44) | PADDR, SIZE },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++)
		KUNIT_EXPECT_EQ_MSG(test, allow(ctx, bad[i].paddr, bad[i].size), -EINVAL, "%u", i);
	KUNIT_EXPECT_EQ(test, ctx->io->nr, 0);
	KUNIT_EXPECT_EQ(test, allow(ctx, end - SIZE, SIZE), 0);
	KUNIT_EXPECT_EQ(test, allow(ctx, 0, 0x1000), 0);
	KUNIT_EXPECT_EQ(test, allow(ctx, 0, min(ctx->v->max_size, end)), 0);
}

static void only_what_was_allowed_is_revoked(struct kunit *test)
{
	struct sart_ctx *ctx = sart_make(test);
	u64 behind = PADDR;

	behind += SIZE;
	KUNIT_EXPECT_EQ(test, allow(ctx, PADDR, SIZE), 0);
	ctx->io->nr = 0;
	revoke(ctx, PADDR, SIZE / 2);
	revoke(ctx, behind, SIZE);
	revoke(ctx, 0, 0);
	KUNIT_EXPECT_EQ(test, ctx->io->nr, 0);
	/* Two entries of one range are two. */
	KUNIT_EXPECT_EQ(test, allow(ctx, PADDR, SIZE), 0);
	revoke(ctx, PADDR, SIZE);
	KUNIT_EXPECT_EQ(test, reg_read(ctx, CONFIG(0)), 0);
	KUNIT_EXPECT_EQ(test, reg_read(ctx, CONFIG(1)), ctx->v->config);
	revoke(ctx, PADDR, SIZE);
	KUNIT_EXPECT_EQ(test, reg_read(ctx, CONFIG(1)), 0);
}

static void an_ended_one_is_not_touched(struct kunit *test)
{
	struct sart_ctx *ctx = sart_make(test);

	KUNIT_EXPECT_EQ(test, allow(ctx, PADDR, SIZE), 0);
	ferry_sart_end(ctx->sart);
	KUNIT_EXPECT_EQ(test, reg_read(ctx, CONFIG(0)), 0);
	ctx->io->nr = 0;
	KUNIT_EXPECT_EQ(test, allow(ctx, PADDR, SIZE), -ENODEV);
	revoke(ctx, PADDR, SIZE);
	ferry_sart_end(ctx->sart);
	KUNIT_EXPECT_EQ(test, ctx->io->nr, 0);
}

static void no_registers_no_sart(struct kunit *test)
{
	struct sart_ctx *ctx = test->priv;
	struct device *dev = &ctx->pdev->dev;

	KUNIT_EXPECT_PTR_EQ(test, ferry_sart_create(dev, NULL, FERRY_SART_V2), ERR_PTR(-EINVAL));
	KUNIT_EXPECT_PTR_EQ(test, ferry_sart_create(dev, ctx->regs, FERRY_SART_V3 + 1),
			    ERR_PTR(-EINVAL));
	ferry_sart_put(NULL);
	ferry_sart_put(ERR_PTR(-ENODEV));
}

/* The link of a co-processor that asks for memory, which the SART has to let through. */
static int link_op_start(struct ferry_link *link)
{
	return 0;
}

static int link_op_stop(struct ferry_link *link, enum ferry_stop how)
{
	struct sart_ctx *ctx = ferry_link_priv(link);

	/* It can reach memory until it was stopped. */
	return reg_read(ctx, CONFIG(0)) == ctx->v->config ? 0 : -EFAULT;
}

static const struct ferry_link_ops link_ops = {
	.start = link_op_start,
	.stop = link_op_stop,
};

static phys_addr_t memory_to_phys(void *page, u64 remote)
{
	return page_to_phys((struct page *)page);
}

static void a_provider_lets_the_remote_through(struct kunit *test)
{
	struct sart_ctx *ctx = sart_make(test);
	struct ferry_link_cfg link_cfg = {
		.name = "sart", .ops = &link_ops, .priv = ctx, .addr_bits = 44,
	};
	struct ferry_link *link = ferry_link_alloc(NULL, &link_cfg);
	struct page *page = alloc_page(GFP_KERNEL);
	struct ferry_provide_cfg cfg = {
		.backing = FERRY_BACKING_FOREIGN, .dev = &ctx->pdev->dev,
		.to_phys = memory_to_phys, .phys_data = page,
		.grant = &ferry_sart_grant_ops, .grant_data = ctx->sart,
		.max_size = SZ_1M, .max = 4, .align = FERRY_SART_GRANULE,
	};
	struct ferry_provider *p;
	struct ferry_region *region;

	KUNIT_ASSERT_FALSE(test, IS_ERR(link));
	KUNIT_ASSERT_NOT_NULL(test, page);
	p = ferry_provider_create(link, &cfg);
	KUNIT_ASSERT_FALSE(test, IS_ERR(p));
	KUNIT_ASSERT_EQ(test, ferry_link_register(link), 0);
	KUNIT_ASSERT_EQ(test, ferry_link_start(link), 0);
	region = ferry_region_provide(p, 1, SIZE, PADDR);
	KUNIT_ASSERT_FALSE(test, IS_ERR(region));
	KUNIT_EXPECT_EQ(test, reg_read(ctx, CONFIG(0)), ctx->v->config);
	KUNIT_EXPECT_EQ(test, reg_read(ctx, PADDR_REG(0)), PADDR >> 12);
	ferry_region_put(region);
	KUNIT_EXPECT_EQ(test, ferry_link_stop(link), 0);
	KUNIT_EXPECT_EQ(test, reg_read(ctx, CONFIG(0)), 0);
	ferry_link_unregister(link);
	ferry_provider_destroy(p);
	ferry_link_put(link);
	__free_page(page);
}

#if FERRY_HAS_OF_CHANGESET_NODE

#define PHANDLE_SART	0x7e00011

/* A SART and a device that names it. */
struct tree {
	struct of_changeset ocs;
	bool applied;
	struct device_node *sart;
	struct device_node *client;
	struct platform_device *sart_pdev;
	struct platform_device *pdev;
};

static void tree_end(void *arg)
{
	struct tree *tree = arg;

	platform_device_unregister(tree->pdev);
	platform_device_unregister(tree->sart_pdev);
	if (tree->applied)
		of_changeset_revert(&tree->ocs);
	of_changeset_destroy(&tree->ocs);
	of_node_put(tree->client);
	of_node_put(tree->sart);
}

static int tree_fill(struct tree *tree, const char *compatible)
{
	struct device_node *root = of_find_node_by_path("/");
	struct of_changeset *ocs = &tree->ocs;

	tree->sart = of_changeset_create_node(ocs, root, "ferry-kunit-sart");
	tree->client = of_changeset_create_node(ocs, root, "ferry-kunit-iop");
	of_node_put(root);
	if (!tree->sart || !tree->client)
		return -ENOMEM;
	/* No device shall be made of them: the test makes its own. */
	of_node_set_flag(tree->sart, OF_POPULATED);
	of_node_set_flag(tree->client, OF_POPULATED);
	return of_changeset_add_prop_string(ocs, tree->sart, "compatible", compatible) ?:
	       of_changeset_add_prop_u32(ocs, tree->client, "apple,sart", PHANDLE_SART) ?:
	       of_changeset_apply(ocs);
}

static struct platform_device *tree_device(struct kunit *test, struct device_node *np,
					   const char *name, unsigned int num_res)
{
	struct sart_ctx *ctx = test->priv;
	const struct resource res = DEFINE_RES_MEM(ctx->io->phys, SPAN);
	const struct platform_device_info info = {
		.name = name, .id = PLATFORM_DEVID_AUTO,
		.fwnode = of_fwnode_handle(np), .res = &res, .num_res = num_res,
	};
	struct platform_device *pdev = platform_device_register_full(&info);

	KUNIT_ASSERT_FALSE(test, IS_ERR(pdev));
	return pdev;
}

static struct tree *tree_new(struct kunit *test, const char *compatible)
{
	struct tree *tree = kunit_kzalloc(test, sizeof(*tree), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, tree);
	of_changeset_init(&tree->ocs);
	ferry_defer(test, tree_end, tree);
	KUNIT_ASSERT_EQ(test, tree_fill(tree, compatible), 0);
	tree->applied = true;
	/* Read from the node when it is attached, and the property came later. */
	tree->sart->phandle = PHANDLE_SART;
	return tree;
}

/* The driver of a co-processor, which keeps its SART: memory may be in quarantine. */
static struct iop {
	struct ferry_sart *sart;
	int ret;
	unsigned int probes;
} iop;

static int iop_probe(struct platform_device *pdev)
{
	iop.sart = ferry_sart_get(&pdev->dev);
	iop.ret = PTR_ERR_OR_ZERO(iop.sart);
	WRITE_ONCE(iop.probes, iop.probes + 1);
	return iop.ret;
}

static struct platform_driver iop_driver = {
	.probe = iop_probe,
	.driver = { .name = "ferry-kunit-iop" },
};

static void driver_end(void *driver)
{
	platform_driver_unregister(driver);
}

static void driver_add(struct kunit *test, struct platform_driver *driver)
{
	KUNIT_ASSERT_EQ(test, platform_driver_register(driver), 0);
	ferry_defer(test, driver_end, driver);
	memset(&iop, 0, sizeof(iop));
}

/* What its driver was told the last time. */
static int iop_told(unsigned int probes)
{
	FERRY_WAIT(READ_ONCE(iop.probes) >= probes);
	return iop.probes == probes ? iop.ret : -ENOENT;
}

static void a_device_finds_its_sart(struct kunit *test)
{
	struct sart_ctx *ctx = test->priv;
	struct tree *tree;

	ctx->v = test->param_value;
	reg_write(ctx, CONFIG(0), ctx->v->in_use);
	driver_add(test, &iop_driver);
	tree = tree_new(test, ctx->v->compatible);
	KUNIT_EXPECT_PTR_EQ(test, ferry_sart_get(&ctx->pdev->dev), ERR_PTR(-ENODEV));
	tree->pdev = tree_device(test, tree->client, "ferry-kunit-iop", 0);
	KUNIT_EXPECT_EQ(test, iop_told(1), -EPROBE_DEFER);
	tree->sart_pdev = tree_device(test, tree->sart, "sart", 1);
	KUNIT_ASSERT_EQ(test, iop_told(2), 0);
	KUNIT_EXPECT_EQ(test, ferry_sart_grant_ops.allow(iop.sart, PADDR, SIZE), 0);
	KUNIT_EXPECT_EQ(test, reg_read(ctx, CONFIG(1)), ctx->v->config);

	/* It goes while somebody has it; the driver that got it goes first. */
	platform_device_unregister(tree->sart_pdev);
	tree->sart_pdev = NULL;
	KUNIT_EXPECT_NULL(test, tree->pdev->dev.driver);
	KUNIT_EXPECT_EQ(test, reg_read(ctx, CONFIG(0)), ctx->v->in_use);
	KUNIT_EXPECT_EQ(test, reg_read(ctx, CONFIG(1)), 0);
	KUNIT_EXPECT_EQ(test, ferry_sart_grant_ops.allow(iop.sart, PADDR, SIZE), -ENODEV);
	ferry_sart_put(iop.sart);
}

static int foreign_probe(struct platform_device *pdev)
{
	return 0;
}

static struct platform_driver foreign_driver = {
	.probe = foreign_probe,
	.driver = { .name = "ferry-sart-foreign" },
};

static void the_sart_of_another_driver_is_refused(struct kunit *test)
{
	struct tree *tree;

	driver_add(test, &foreign_driver);
	driver_add(test, &iop_driver);
	/* A name that no SART of ours has. */
	tree = tree_new(test, "ferry,kunit-sart");
	tree->sart_pdev = tree_device(test, tree->sart, "ferry-sart-foreign", 1);
	tree->pdev = tree_device(test, tree->client, "ferry-kunit-iop", 0);
	KUNIT_EXPECT_EQ(test, iop_told(1), -EBUSY);
}

#else

static void a_device_finds_its_sart(struct kunit *test)
{
	kunit_skip(test, "this kernel makes no nodes of the device tree");
}

static void the_sart_of_another_driver_is_refused(struct kunit *test)
{
	kunit_skip(test, "this kernel makes no nodes of the device tree");
}

#endif

static struct kunit_case sart_cases[] = {
	KUNIT_CASE_PARAM(an_entry_is_live_last_and_dead_first, version_gen_params),
	KUNIT_CASE_PARAM(entries_of_the_boot_loader_stay, version_gen_params),
	KUNIT_CASE_PARAM(what_does_not_fit_is_refused, version_gen_params),
	KUNIT_CASE_PARAM(only_what_was_allowed_is_revoked, version_gen_params),
	KUNIT_CASE_PARAM(a_device_finds_its_sart, version_gen_params),
	KUNIT_CASE(an_ended_one_is_not_touched),
	KUNIT_CASE(no_registers_no_sart),
	KUNIT_CASE(a_provider_lets_the_remote_through),
	KUNIT_CASE(the_sart_of_another_driver_is_refused),
	{}
};

static struct kunit_suite sart_suite = {
	.name = "ferry_sart",
	.init = sart_init,
	.exit = sart_exit,
	.test_cases = sart_cases,
};

kunit_test_suite(sart_suite);

MODULE_LICENSE("GPL");
MODULE_AUTHOR("The Ferry authors");
MODULE_DESCRIPTION("KUnit suite of SART");
FERRY_IMPORT_TEST();
