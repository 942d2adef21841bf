#include "tests/core/replication/link_world.h"

#include <QtTest>

#include <algorithm>
#include <set>
#include <unordered_map>

using namespace testing;

/// How a reconciliation shows leaves: it tells them apart, and if a short form cannot, that is noticed and repaired.
class TestLeafList : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void findsTheDifferences_data();
    void findsTheDifferences();
    void refusesUnknownFormsAndOrders();
    void keysWithEqualPrefixesOfTheirHashAreDistinguished_data();
    void keysWithEqualPrefixesOfTheirHashAreDistinguished();
    void valuesWithEqualPrefixesOfTheirHashAreDistinguished_data();
    void valuesWithEqualPrefixesOfTheirHashAreDistinguished();
};

namespace {

template<class Bytes>
std::string_view bytesOf(const Bytes& bytes, std::size_t count = 16)
{
    return {reinterpret_cast<const char*>(bytes.data()), count};
}

/// Two texts that look the same in brief. Found by search, because nobody without the forest key can construct them.
std::pair<std::string, std::string> alike(const std::function<std::string(const std::string&)>& shown)
{
    std::unordered_map<std::string, std::string> seen;
    for (int number = 0; number < 1'000'000; ++number) {
        std::string text = std::to_string(number);
        const auto [at, isNew] = seen.emplace(shown(text), text);
        if (!isNew) return {at->second, text};
    }
    qFatal("no two of a million are alike");
}

} // namespace

void TestLeafList::findsTheDifferences_data()
{
    QTest::addColumn<quint32>("pageCount");
    QTest::addColumn<bool>("isFull");
    for (const quint32 pageCount : {1u, 256u, 65'536u}) {
        QTest::addRow("%u pages, brief", pageCount) << pageCount << false;
        QTest::addRow("%u pages, full", pageCount) << pageCount << true;
    }
}

void TestLeafList::findsTheDifferences()
{
    QFETCH(quint32, pageCount);
    QFETCH(bool, isFull);
    const LeafForm form = isFull ? LeafForm::full(pageCount) : LeafForm::brief(pageCount);
    QVERIFY(form.isValid());
    const std::uint32_t page = pageCount - pageCount / 3 - 1;
    std::mt19937_64 random{pageCount};
    const auto randomLeaf = [&] {
        merkle::Leaf leaf;
        for (auto* bytes : {&leaf.hash, &leaf.digest}) {
            for (auto& byte : *bytes) byte = static_cast<std::uint8_t>(random());
        }
        if (pageCount == 256) leaf.hash[0] = static_cast<std::uint8_t>(page);
        if (pageCount == 65'536) leaf.hash[0] = static_cast<std::uint8_t>(page >> 8), leaf.hash[1] = static_cast<std::uint8_t>(page);
        return leaf;
    };
    for (int round = 0; round < 200; ++round) {
        std::vector<merkle::Leaf> here, there;
        std::set<std::string> wanted, absent;
        for (auto count = random() % 60; count-- > 0;) {
            merkle::Leaf leaf = randomLeaf();
            const auto fate = random() % 4;
            if (fate != 0) here.push_back(leaf);
            if (fate < 2) wanted.emplace(bytesOf(leaf.hash));
            if (fate == 0) wanted.erase(std::string{bytesOf(leaf.hash)}), absent.emplace(bytesOf(leaf.hash, form.nameBytes()));
            if (fate == 2) ++leaf.digest[random() % form.digestBytes], wanted.emplace(bytesOf(leaf.hash));
            if (fate != 1) there.push_back(leaf);
        }
        for (auto* leaves : {&here, &there}) std::ranges::sort(*leaves, {}, &merkle::Leaf::hash);
        std::string shown;
        form.append(shown, there);
        QCOMPARE(shown.size(), there.size() * form.leafBytes());
        LeafForm::Differences differences;
        QVERIFY(form.compare(page, shown, here, differences));
        std::set<std::string> wantedFound, absentFound;
        for (const auto& hash : differences.wanted) wantedFound.emplace(bytesOf(hash));
        for (std::size_t at = 0; at < differences.absent.size(); at += form.nameBytes())
            absentFound.insert(differences.absent.substr(at, form.nameBytes()));
        QVERIFY(wantedFound == wanted);
        QVERIFY(absentFound == absent);
        QCOMPARE(differences.wanted.size(), wanted.size());
    }
}

void TestLeafList::refusesUnknownFormsAndOrders()
{
    QVERIFY(!(LeafForm{2, 4, 4}.isValid()));
    QVERIFY(!(LeafForm{1, 3, 4}.isValid()));
    QVERIFY(!(LeafForm{1, 4, 3}.isValid()));
    QVERIFY(!(LeafForm{1, 17, 4}.isValid()));
    QVERIFY(!(LeafForm{256, 16, 4}.isValid()));
    QVERIFY(!(LeafForm{1, 4, 17}.isValid()));
    QVERIFY(!(LeafForm{65'536, 0xffffffff, 0xffffffff}.isValid()));
    LeafForm::Differences differences;
    QVERIFY(!LeafForm::brief(1).compare(0, "bbbb1111aaaa2222", {}, differences));
    merkle::Leaf leaf{};
    leaf.hash.fill('b');
    QVERIFY(!LeafForm::brief(1).compare(0, "bbbb1111aaaa2222", std::span{&leaf, 1}, differences));
    QVERIFY(LeafForm::brief(1).compare(0, "aaaa1111bbbb2222", std::span{&leaf, 1}, differences));

    LinkWorld world{Type::Dr, 1};
    for (int number = 0; number < 300; ++number) world.primary.write({world.primary.put("s/core/here/" + std::to_string(number), "1")}); // 256 pages
    wire::PageLeaves good;
    good.set_tree("s");
    good.set_page_count(256);
    good.set_hash_bytes(4);
    good.set_digest_bytes(4);
    for (const std::uint32_t page : {3u, 9u}) {
        good.add_pages(page);
        good.add_leaf_counts(1);
        good.mutable_leaves()->append("hashdige");
    }
    const std::vector<std::function<void(wire::PageLeaves&)>> damages{
        [](auto& shown) { shown.set_page_count(7); },
        [](auto& shown) { shown.set_hash_bytes(3); },
        [](auto& shown) { shown.set_tree("m"); },
        [](auto& shown) { shown.set_pages(1, 256); },
        [](auto& shown) { shown.set_pages(1, 3); },       // twice
        [](auto& shown) { shown.set_pages(1, 2); },       // not in order
        [](auto& shown) { shown.set_leaf_counts(1, 2); }, // more than there are
        [](auto& shown) { shown.set_leaf_counts(1, 0); }, // fewer
        [](auto& shown) { shown.set_leaf_counts(1, ~0u); },
        [](auto& shown) { shown.add_pages(10); }, // without a count
        [](auto& shown) { shown.mutable_leaves()->pop_back(); },
    };
    for (std::size_t at = 0; at <= damages.size(); ++at) {
        world.secondary.write({world.secondary.put("s/core/there", std::to_string(at))}); // so that the pages are compared
        world.restartSecondary();
        world.connect();
        world.deliverToPrimary(1u << 20);
        auto shown = good;
        if (at < damages.size()) damages[at](shown);
        world.primaryLink->received({FrameType::PageLeaves, shown.SerializeAsString()});
        QVERIFY2(world.primaryLink->failure().has_value() == (at < damages.size()), std::to_string(at).c_str());
    }
}

void TestLeafList::keysWithEqualPrefixesOfTheirHashAreDistinguished_data()
{
    QTest::addColumn<QString>("onPrimary"); // which of the two keys
    QTest::addColumn<QString>("onSecondary");
    QTest::newRow("one too many") << "a"
                                  << "ab";
    QTest::newRow("one too few") << "ab"
                                 << "a";
    QTest::newRow("another") << "a"
                             << "b";
    QTest::newRow("both, differently") << "ab"
                                       << "AB";
    QTest::newRow("both, one differently") << "ab"
                                           << "aB";
    QTest::newRow("both gone") << ""
                               << "ab";
}

void TestLeafList::keysWithEqualPrefixesOfTheirHashAreDistinguished()
{
    QFETCH(QString, onPrimary);
    QFETCH(QString, onSecondary);
    const std::string folder = "s/core/";
    static const TestHasher hasher;
    static const auto [first, second] = alike([&](const std::string& text) { return std::string{bytesOf(hasher.keyHash(folder + text), 4)}; });
    LinkWorld world{Type::Performance, 1};
    const auto fill = [&](TestStore& store, const QString& keys) {
        store.write({store.put(folder + "other", "in the same page")});
        for (const QChar key : keys) store.write({store.put(folder + (key.toLower() == u'a' ? first : second), key.isUpper() ? "old" : "new")});
    };
    fill(world.primary, onPrimary);
    fill(world.secondary, onSecondary);
    world.primary.forgetRecordsBefore(world.primary.appliedIndex().next());
    QVERIFY(world.settle());
    QVERIFY(world.areContentsEqual());
    const auto& statistics = world.secondaryLink->statistics();
    QVERIFY2(statistics.reconcileCount <= 2, std::to_string(statistics.reconcileCount).c_str());
    QCOMPARE(statistics.rootsDifferent, statistics.reconcileCount - 1);
    // The short form cannot tell these two apart, so the full form was needed.
    if (onSecondary == u"b" || onPrimary == u"a") QCOMPARE(statistics.reconcileCount, std::uint64_t{2});
}

void TestLeafList::valuesWithEqualPrefixesOfTheirHashAreDistinguished_data()
{
    QTest::addColumn<bool>("isPageShown");
    QTest::newRow("the page looks alike too") << false;
    QTest::newRow("the page is shown for another leaf") << true;
}

void TestLeafList::valuesWithEqualPrefixesOfTheirHashAreDistinguished()
{
    QFETCH(bool, isPageShown);
    const TestHasher hasher;
    const std::string key = "s/core/key";
    const auto hash = hasher.keyHash(key);
    const auto [first, second] = alike([&](const std::string& value) { return std::string{bytesOf(hasher.leafDigest(hash, value), 4)}; });
    LinkWorld world{Type::Dr, 1};
    world.primary.write({world.primary.put(key, first)});
    world.secondary.write({world.secondary.put(key, second)});
    if (isPageShown) world.primary.write({world.primary.put("s/core/other", "that differs visibly")});
    world.primary.forgetRecordsBefore(world.primary.appliedIndex().next());
    QVERIFY(world.settle());
    QVERIFY(world.areContentsEqual());
    QCOMPARE(**world.secondary.get(key), first);
    QCOMPARE(world.secondaryLink->statistics().reconcileCount, std::uint64_t{2});
    QCOMPARE(world.secondaryLink->statistics().rootsDifferent, std::uint64_t{1});
}

QTEST_APPLESS_MAIN(TestLeafList)
#include "tst_leaf_list.moc"
