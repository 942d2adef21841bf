#include "core/base/random.h"
#include "core/merkle/leaf_rows.h"
#include "core/merkle/tree.h"
#include "core/storage/memory_engine.h"
#include "tests/core/compare_plain.h"

#include <QtTest>

using namespace core;
using namespace core::merkle;

class TestForest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void keysBelongToTrees_data();
    void keysBelongToTrees();
    void equalsBruteForceWhileItGrows_data();
    void equalsBruteForceWhileItGrows();
    void pagesAreTheSameHoweverTheTreeIsHeld();
    void rootsDependOnContentsOnly();
    void rowsBringTheForestBack();
    void damagedRowsAreRefused();
};

namespace {

using Model = std::map<KeyHash, LeafDigest>;

template<class Bytes>
Bytes randomBytes(Random& random)
{
    Bytes bytes;
    random.fill(std::as_writable_bytes(std::span{bytes}));
    return bytes;
}

LeafDigest digestOf(const Model& model)
{
    LeafDigest sum{};
    for (const auto& [hash, digest] : model) {
        for (std::size_t at = 0; at < sum.size(); ++at) sum[at] = static_cast<std::uint8_t>(sum[at] ^ digest[at]);
    }
    return sum;
}

/// Compares everything that a tree shows with the model.
bool isEqual(const Tree& tree, const Model& model)
{
    if (tree.leafCount() != model.size() || tree.digest() != digestOf(model)) return false;
    for (const std::uint32_t pageCount : kPageCounts) {
        std::vector<Model> pages(pageCount);
        for (const auto& [hash, digest] : model) {
            const std::uint32_t page = pageCount == 1 ? 0 : pageCount == 256 ? hash[0] : hash[0] * 256u + hash[1];
            pages[page][hash] = digest;
        }
        const auto digests = tree.pages(pageCount);
        if (digests.size() != pageCount) return false;
        for (std::uint32_t page = 0; page < pageCount; ++page) {
            if (digests[page] != digestOf(pages[page])) return false;
            const auto leaves = tree.leaves(pageCount, page);
            if (leaves.size() != pages[page].size()) return false;
            auto at = leaves.begin();
            for (const auto& [hash, digest] : pages[page]) {
                if (at->hash != hash || at->digest != digest) return false;
                ++at;
            }
        }
    }
    return true;
}

} // namespace

void TestForest::keysBelongToTrees_data()
{
    QTest::addColumn<QString>("key");
    QTest::addColumn<QString>("tree");
    QTest::newRow("mount") << "s/logical/uuid/data/a"
                           << "s/logical/uuid";
    QTest::newRow("local mount") << "l/logical/uuid/a"
                                 << "l/logical/uuid";
    QTest::newRow("auth") << "s/auth/uuid/users/x"
                          << "s/auth/uuid";
    QTest::newRow("system") << "s/core/mounts"
                            << "s";
    QTest::newRow("row of a mount") << "s/core/mounts/uuid"
                                    << "s/core/mounts/uuid";
    QTest::newRow("row of a local auth method") << "l/core/auth/uuid"
                                                << "l/core/auth/uuid";
    QTest::newRow("row of an audit device") << "s/core/audit/uuid"
                                            << "s";
    QTest::newRow("filter") << "s/core/replication/filters/6964"
                            << "s/core/replication/filters";
    QTest::newRow("other core") << "s/core/keyring"
                                << "s";
    QTest::newRow("local system") << "l/sys/token/id/x"
                                  << "l";
    QTest::newRow("no mount") << "s/logical/uuid"
                              << "s";
    QTest::newRow("nameless mount") << "s/logical//x"
                                    << "s";
    QTest::newRow("ignored") << "i/core/seal-config"
                             << "";
    QTest::newRow("internal") << "m/leaf/x"
                              << "";
    QTest::newRow("empty") << ""
                           << "";
    QTest::newRow("other") << "sx"
                           << "";
}

void TestForest::keysBelongToTrees()
{
    QFETCH(QString, key);
    QFETCH(QString, tree);
    const auto text = key.toStdString();
    QCOMPARE(std::string{treeOf(text)}, tree.toStdString());
}

void TestForest::equalsBruteForceWhileItGrows_data()
{
    QTest::addColumn<quint64>("seed");
    for (const quint64 seed : {1u, 2u, 3u}) QTest::addRow("seed %llu", seed) << seed;
}

void TestForest::equalsBruteForceWhileItGrows()
{
    QFETCH(quint64, seed);
    SeededRandom random{seed};
    Tree tree;
    Model model;
    std::vector<KeyHash> known;
    for (int step = 0; step < 6000; ++step) {
        const auto choice = random.number() % 10;
        const auto hash = choice < 6 || known.empty() ? randomBytes<KeyHash>(random) : known[random.number() % known.size()];
        if (choice < 8) {
            const auto digest = randomBytes<LeafDigest>(random);
            tree.put(hash, digest);
            model[hash] = digest;
            known.push_back(hash);
        } else {
            tree.erase(hash);
            model.erase(hash);
        }
        const auto found = tree.find(hash);
        QCOMPARE(found.has_value(), model.contains(hash));
        if (step < 10 || step % 1500 == 0) QVERIFY(isEqual(tree, model));
    }
    QCOMPARE(tree.pageCount(), 256u);
    QVERIFY(isEqual(tree, model));
    for (const auto& hash : known) tree.erase(hash);
    QVERIFY(isEqual(tree, {}));
}

void TestForest::pagesAreTheSameHoweverTheTreeIsHeld()
{
    SeededRandom random{7};
    Tree tree;
    Model model;
    while (model.size() <= kLeavesOf256PagesMax + 1) {
        const auto hash = randomBytes<KeyHash>(random);
        const auto digest = randomBytes<LeafDigest>(random);
        tree.put(hash, digest);
        model[hash] = digest;
        if (model.size() == kLeavesOf256PagesMax) QCOMPARE(tree.pageCount(), 256u);
    }
    QCOMPARE(tree.pageCount(), 65'536u);
    QVERIFY(isEqual(tree, model));
    QVERIFY2(tree.sizeBytes() < model.size() * 72, qPrintable(QString::number(tree.sizeBytes())));
}

void TestForest::rootsDependOnContentsOnly()
{
    SeededRandom random{11};
    std::vector<std::pair<KeyHash, LeafDigest>> leaves(2000);
    for (auto& [hash, digest] : leaves) {
        hash = randomBytes<KeyHash>(random);
        digest = randomBytes<LeafDigest>(random);
    }
    Forest forward;
    Forest backward;
    for (const auto& [hash, digest] : leaves) {
        const Forest::Change change{"s/logical/a", hash, digest};
        forward.apply({&change, 1}, LogIndex{1});
    }
    const Forest::Change passing[] = {{"s/logical/b", leaves[0].first, leaves[0].second},
                                      {"l", leaves[1].first, leaves[1].second},
                                      {"s/logical/b", leaves[0].first, std::nullopt},
                                      {"s/logical/none", leaves[0].first, std::nullopt}};
    backward.apply(passing, LogIndex{1});
    for (auto leaf = leaves.rbegin(); leaf != leaves.rend(); ++leaf) {
        const Forest::Change change{"s/logical/a", leaf->first, leaf->second};
        backward.apply({&change, 1}, LogIndex{2});
    }
    QCOMPARE(forward.root(isShared), backward.root(isShared));
    QCOMPARE(forward.root(isShared).size(), std::size_t{40});
    QVERIFY(forward.root(isReplicated) != backward.root(isReplicated));
    QCOMPARE(backward.state(isShared).trees.size(), std::size_t{1});
    COMPARE_PLAIN(backward.state({}).index, LogIndex{2});

    const Forest::Change other{"s/logical/a", leaves[5].first, leaves[6].second};
    forward.apply({&other, 1}, LogIndex{3});
    QVERIFY(forward.root(isShared) != backward.root(isShared));
    forward.clear(LogIndex{4});
    QCOMPARE(forward.root({}), Forest{}.root({}));
    QCOMPARE(forward.leafCount(), std::uint64_t{0});
}

void TestForest::rowsBringTheForestBack()
{
    SeededRandom random{13};
    Forest forest;
    storage::MemoryEngine engine;
    storage::Batch batch;
    KeyHash some{};
    for (int number = 0; number < 10'000; ++number) {
        const std::string key = std::string{number % 3 ? "s/logical/" : "l/auth/"} + std::to_string(number % 7) + "/" + std::to_string(number);
        const auto hash = randomBytes<KeyHash>(random);
        const auto digest = randomBytes<LeafDigest>(random);
        const Forest::Change change{treeOf(key), hash, digest};
        forest.apply({&change, 1}, LogIndex{1});
        putLeafRow(batch, treeOf(key), hash, digest, key);
        if (number == 4) some = hash;
    }
    QVERIFY(engine.apply(batch).has_value());
    Forest loaded;
    QVERIFY(loadLeafRows(engine, loaded, LogIndex{9}).has_value());
    QCOMPARE(loaded.root({}), forest.root({}));
    QCOMPARE(loaded.leafCount(), std::uint64_t{10'000});
    COMPARE_PLAIN(loaded.state({}).index, LogIndex{9});
    QCOMPARE(**keyOfLeafRow(engine, "s/logical/4", some), std::string{"s/logical/4/4"});
    QVERIFY(!*keyOfLeafRow(engine, "s/logical/5", some));
    QVERIFY(eraseLeafRows(engine).has_value());
    QCOMPARE(engine.sizeBytes(), std::uint64_t{0});
}

void TestForest::damagedRowsAreRefused()
{
    for (const auto& [key, value] : {std::pair<std::string, std::string>{"m/leaf/", ""}, {"m/leaf/xxxx", std::string(30, 'x')}}) {
        storage::MemoryEngine engine;
        storage::Batch batch;
        batch.put(key, value);
        QVERIFY(engine.apply(batch).has_value());
        Forest forest;
        const auto loaded = loadLeafRows(engine, forest, LogIndex{1});
        QVERIFY(!loaded);
        COMPARE_PLAIN(loaded.error().code, ErrorCode::Corrupt);
    }
}

QTEST_APPLESS_MAIN(TestForest)
#include "tst_forest.moc"
