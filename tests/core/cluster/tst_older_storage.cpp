#include "tests/core/cluster/test_cluster.h"

#include "core/replication/set/trust_roster.h"

#include <QTemporaryDir>

using namespace testing_cluster;

/// A primary's disk is put back to an earlier time: a copy of a virtual machine, a file system's snapshot.
///
/// Class: a cluster leads on with less than it has answered, and its members take the loss over as news. Where else: the DR set and the performance
/// set of one disk, a list that members got by another way than the link. What holds: entries that the cluster has signed itself and that
/// its storage lacks prove it. Then it takes no writes and serves no member, after restarts too, until operators choose: demote it, or resume it.
class TestOlderStorage : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void membersKeepTheirDataUntilOperatorsChoose_data();
    void membersKeepTheirDataUntilOperatorsChoose();
    void onlyOwnSignaturesProveIt_data();
    void onlyOwnSignaturesProveIt();
};

namespace {

void copyFolder(const std::filesystem::path& from, const std::filesystem::path& to)
{
    std::filesystem::remove_all(to);
    std::filesystem::copy(from, to, std::filesystem::copy_options::recursive);
}

bool isStopped(TestCluster& cluster)
{
    return cluster.manager().writeRefusal().find("older than what members hold") != std::string::npos;
}

std::string listOf(TestCluster& cluster, Type type)
{
    return cluster.manager().roles().trust(type)->head().hash;
}

} // namespace

void TestOlderStorage::membersKeepTheirDataUntilOperatorsChoose_data()
{
    QTest::addColumn<bool>("isDr");
    QTest::addColumn<bool>("isResumed");
    QTest::newRow("performance, resumed") << false << true;
    QTest::newRow("performance, demoted") << false << false;
    QTest::newRow("DR and performance, resumed") << true << true;
}

void TestOlderStorage::membersKeepTheirDataUntilOperatorsChoose()
{
    QFETCH(bool, isDr);
    QFETCH(bool, isResumed);
    const Type type = isDr ? Type::Dr : Type::Performance;
    QTemporaryDir folder;
    const std::filesystem::path disk = std::filesystem::path{folder.path().toStdString()} / "a", copy = disk.string() + "-copy";
    TestCluster a{"a", disk}, b{"b"}, c{"c"};
    QVERIFY(!a.manager().operations().enablePrimary(Type::Performance, "").isError);
    if (isDr) QVERIFY(!a.manager().operations().enablePrimary(Type::Dr, "").isError);
    QVERIFY(!b.follow(a, type, "b").isError);
    QVERIFY(a.putShared("logical/x/1", "before"));
    QVERIFY(b.isInSyncWith(a, type));
    a.shutDown();
    copyFolder(disk, copy);
    a.restart();
    QVERIFY(!c.follow(a, type, "c").isError); // another list of members
    QVERIFY(a.putShared("logical/x/1", "after"));
    QVERIFY(b.isInSyncWith(a, type) && c.isInSyncWith(a, type));
    QVERIFY(eventually([&] { return listOf(b, type) == listOf(a, type); }));
    a.shutDown();
    copyFolder(copy, disk);
    a.restart();

    QVERIFY(eventually([&] { return isStopped(a); }));
    QCOMPARE(b.getShared("logical/x/1").value_or(""), std::string{"after"}); // nothing was taken from it before that was known
    const auto status = a.manager().reports().status(type);
    QVERIFY(status.at("older_storage").at("held_generation").to_number<std::uint64_t>() >
            status.at("older_storage").at("own_generation").to_number<std::uint64_t>());
    QVERIFY(a.manager().writeRefusal().find("holdfast replication resume-primary") != std::string::npos);
    a.restart();
    QVERIFY(isStopped(a)); // before anybody tells it again
    b.restart(&a);         // it has no earlier answer any more
    QVERIFY(eventually([&] { return b.manager().roles().report(type).lastError.find("older than what members hold") != std::string::npos; }));
    QCOMPARE(b.getShared("logical/x/1").value_or(""), std::string{"after"});
    QVERIFY(a.manager().switchover().begin(type, {.secondaryId = "b"}).isError);

    if (!isResumed) {
        QVERIFY(!a.manager().operations().demotePrimary(type).isError);
        QVERIFY(a.manager().writeRefusal().empty());
        QVERIFY(!b.manager().operations().promoteSecondary(type, "", true).isError);
        SecondaryActivation::UpdateOptions options;
        options.unwrap.token = b.token(type, "a again");
        QVERIFY(!a.manager().activation().update(type, options).isError);
        QVERIFY(a.isInSyncWith(b, type));
        QCOMPARE(a.getShared("logical/x/1").value_or(""), std::string{"after"});
        return;
    }
    const auto resumed = a.manager().operations().resumePrimary(type);
    QVERIFY2(!resumed.isError, resumed.errors.empty() ? "" : resumed.errors.front().c_str());
    QCOMPARE(boost::json::serialize(resumed.data->at("members_without_a_place")), std::string{"[\"c\"]"});
    QVERIFY(a.manager().writeRefusal().empty());
    QVERIFY(a.manager().operations().resumePrimary(type).isError); // there is nothing more to resume
    const auto head = a.manager().roles().trust(type)->head();
    QVERIFY(head.epoch == 2 && head.authority == a.memberKey());
    QVERIFY(b.isInSyncWith(a, type));
    QCOMPARE(b.getShared("logical/x/1").value_or(""), std::string{"before"}); // as the operators have chosen
    QVERIFY(a.putShared("logical/x/2", "goes on"));
    QVERIFY(b.isInSyncWith(a, type));
    QCOMPARE(listOf(b, type), listOf(a, type));
    a.restart();
    QVERIFY(a.manager().writeRefusal().empty());
}

void TestOlderStorage::onlyOwnSignaturesProveIt_data()
{
    QTest::addColumn<QString>("what");
    QTest::addColumn<bool>("isProof");
    QTest::newRow("a later list of its own") << "own" << true;
    QTest::newRow("a later list of its own behind one that is not here") << "unreachable" << true;
    QTest::newRow("a list in its name, signed by another key") << "forged" << false;
    QTest::newRow("a refusal by another leader") << "refusal" << false;
    QTest::newRow("its own list of an earlier epoch") << "earlier" << false;
    QTest::newRow("its own list of another set") << "other set" << false;
    QTest::newRow("a list that it has") << "known" << false;
    QTest::newRow("a list that it had, and cut off because the log was long") << "cut off" << false;
    QTest::newRow("bytes") << "bytes" << false;
}

/// Class: a member stops the primary by telling it that its storage is old. What holds: only the primary's own signature proves that.
void TestOlderStorage::onlyOwnSignaturesProveIt()
{
    QFETCH(QString, what);
    QFETCH(bool, isProof);
    const trust::SigningKey own{SecretBytes::copyOf(std::string(32, 'a'))}, other{SecretBytes::copyOf(std::string(32, 'b'))};
    trust::Entry found;
    found.kind = trust::EntryKind::Found;
    found.type = "dr";
    found.setId = "set";
    found.epoch = found.generation = 1;
    found.authority = own.publicKey();
    found.seats = {{.kind = trust::SeatKind::Primary, .memberKey = own.publicKey(), .maySucceed = true}};
    QVERIFY(found.sign({&own}));
    const auto log = trust::TrustLog::begin(found);
    QVERIFY(log);
    trust::Entry list = log->next(trust::EntryKind::Roster, WallTime{});
    if (what == "unreachable") list.prev = std::string(trust::kHashBytes, 'p'), list.generation = 7;
    if (what == "refusal") list.kind = trust::EntryKind::Refusal, list.epoch = 2, list.authority = other.publicKey();
    if (what == "other set") list.setId = "another";
    QVERIFY(list.sign({what == "forged" || what == "refusal" ? &other : &own}));
    const std::string shown = what == "bytes" ? std::string(300, 'x') : what == "known" ? found.encoded : list.encoded;
    trust::TrustLog kept = *log;
    if (what == "cut off") {
        QVERIFY(kept.append(list));
        for (std::size_t at = 0; at < trust::kMessageEntriesMax; ++at) {
            trust::Entry more = kept.next(trust::EntryKind::Roster, WallTime{} + std::chrono::seconds{at});
            QVERIFY(more.sign({&own}) && kept.append(std::move(more)));
        }
        kept = kept.summary();
    }
    const auto held = ownEntryLacking(kept, {shown}, own.publicKey(), Epoch{what == "earlier" ? 2U : 1U});
    QCOMPARE(held != nullptr, isProof);
    if (isProof) QCOMPARE(held->hash, list.hash);
}

QTEST_GUILESS_MAIN(TestOlderStorage)
#include "tst_older_storage.moc"
