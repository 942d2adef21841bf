#include <QtTest>

#include "core/base/encoding.h"
#include "core/replication/proofs/link_identity.h"
#include "core/replication/set/trust_contest.h"
#include "core/replication/set/trust_roster.h"

using namespace core;
using namespace core::replication;
using trust::Entry;
using trust::EntryKind;
using trust::TrustLog;

/// Roles and the trust log: how each follows from the other.
///
/// Class: a former member, or one without the right, decides who leads a set. Possible ways: an entry that a role change did not write, a
/// right or a revocation that did not reach the list, a role that does not follow from the list. What holds now: every change of a
/// primary's role is an entry (advanced()), and so is every change of its secondaries, their keys and rights. A role follows from the log
/// alone (followed()).
class TestTrustRoster : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void aPrimaryBeginsALog();
    void theListFollowsTheSecondaries();
    void theListPinsCertificates();
    void aCopyMovesASeat();
    void aRevokedMemberReturnsByATokenOnly();
    void aCopyTakesBothSetsOver();
    void onlyOperatorsCanPromoteWithoutTheRight();
    void aRevokedCopyIsContested();
    void aContestSaysWhatEachChoiceMeans();
    void aRefusedSuccessorIsVoid();
    void aMemberThatWasNotWelcomedFollowsTheRefuser();
    void aMemberThatWasNotWelcomedStaysWhereItIs();
    void anOfferTakenBackIsVoid();
    void aClosedFormerLeaderCanRevokeNoKey();
    void theRoleFollowsTheLog();
    void newKeysKeepTheirSeats();
    void aProofOfANewKeyLeadsToTheFormerOne();
    void aSummaryKeepsRevocations();
    void aRecoveredPrimaryBeginsAlone();
    void aLogThatBeginsAgainLooksNotOlder();
    void oldRevocationsAreRemovedWhenAllMembersHaveThem();
};

namespace {

const WallTime kNow{std::chrono::seconds{1'800'000'000}};

SecretBytes forestKey()
{
    return SecretBytes::copyOf(std::string(32, 'f'));
}

/// Random bytes that differ for each cluster.
class CountingRandom final : public Random {
public:
    explicit CountingRandom(unsigned char first) : m_next{first} {}
    void fill(std::span<std::byte> out) override
    {
        for (auto& byte : out) byte = static_cast<std::byte>(m_next++);
    }

private:
    unsigned char m_next;
};

struct Cluster {
    explicit Cluster(const char* name, unsigned char seed) : name{name}, random{seed}, keys{trust::MemberKeys::create(random, kNow)} {}
    std::string name;
    CountingRandom random;
    trust::MemberKeys keys;
    std::string key() const { return keys.member().key.publicKey(); }
    trust::Leader leader() const { return {"id-" + name, name, "https://" + name + ":8200", "https://" + name + ":8201"}; }
    KnownSecondary seat(Succession succession = Succession::AsType) const
    {
        KnownSecondary known{name, "fingerprint", kNow, {}, true};
        known.succession = succession;
        known.memberKey = key();
        return known;
    }
};

Role primary(const Cluster& cluster, Type type, std::uint64_t epoch, std::vector<KnownSecondary> secondaries = {})
{
    Role role;
    role.mode = Mode::Primary;
    role.setId = "set";
    role.epoch = Epoch{epoch};
    role.secondaries = std::move(secondaries);
    EpochStatement statement;
    statement.type = type;
    statement.setId = "set";
    statement.epoch = role.epoch;
    statement.clusterId = "id-" + cluster.name;
    statement.promotionId = cluster.name + std::to_string(epoch);
    role.statement = statement.sign(forestKey());
    return role;
}

std::optional<TrustLog> next(const std::optional<TrustLog>& log, Type type, const Cluster& cluster, const Role& before, const Role& role,
                             const Role& drBefore = {}, const Role& drNext = {})
{
    auto out = advanced(log, {type, before, role, type == Type::Dr ? before : drBefore, type == Type::Dr ? role : drNext, cluster.keys,
                              cluster.leader(), "certificate of " + cluster.name, kNow});
    if (!out) qFatal("%s", core::toString(out.error()).c_str());
    return std::move(*out);
}

std::vector<std::string> all(const TrustLog& log)
{
    return log.missingAt({});
}

} // namespace

void TestTrustRoster::aPrimaryBeginsALog()
{
    const Cluster a{"a", 1};
    const Role role = primary(a, Type::Dr, 1);
    const auto log = next(std::nullopt, Type::Dr, a, Role{}, role);
    QVERIFY(log);
    QVERIFY(log->head().kind == EntryKind::Found);
    QCOMPARE(log->head().authority, a.key());
    QCOMPARE(log->head().promotionId, std::string{"a1"});
    // If nothing has changed, the log does not change.
    QCOMPARE(next(log, Type::Dr, a, role, role)->head().hash, log->head().hash);
    // A secondary makes no entries, and a cluster that leaves the set keeps no log.
    Role secondary;
    secondary.mode = Mode::Secondary;
    secondary.setId = "set";
    QCOMPARE(next(log, Type::Dr, a, role, secondary)->head().hash, log->head().hash);
    QVERIFY(!next(log, Type::Dr, a, role, Role{}));
}

void TestTrustRoster::theListFollowsTheSecondaries()
{
    const Cluster a{"a", 1}, x{"x", 80}, p{"p", 160};
    const Role alone = primary(a, Type::Dr, 1);
    Role role = primary(a, Type::Dr, 1, {x.seat(), p.seat(Succession::Denied)});
    auto log = next(next(std::nullopt, Type::Dr, a, Role{}, alone), Type::Dr, a, alone, role);
    QVERIFY(log->head().kind == EntryKind::Roster);
    QVERIFY(log->judge().maySucceed(x.key()));
    QVERIFY(!log->judge().maySucceed(p.key()));
    QVERIFY(log->judge().presentSeatOf(p.key()));
    QCOMPARE(leaderKeys(*log), (std::vector<std::string>{a.key(), x.key()}));
    Role other = role.clone(); // the right is taken
    other.secondaries.front().succession = Succession::Denied;
    log = next(log, Type::Dr, a, role, other);
    QCOMPARE(leaderKeys(*log), std::vector<std::string>{a.key()});
    // Copies of a performance primary are its stand-ins. Copies of a secondary have no right.
    Role performance = primary(a, Type::Performance, 1, {p.seat()});
    performance.secondaries.front().standIns = {std::string(32, 'c')};
    const auto shared = next(std::nullopt, Type::Performance, a, Role{}, performance, role, role);
    QVERIFY(shared->judge().maySucceed(x.key()));
    QVERIFY(!shared->judge().maySucceed(p.key()));
    QVERIFY(!shared->judge().maySucceed(std::string(32, 'c')));
    // When the DR secondary goes, its right in the performance set goes too.
    const Role without = primary(a, Type::Dr, 1, {p.seat()});
    const auto after = next(shared, Type::Performance, a, performance, performance, role, without);
    QVERIFY(after->judge().isRevoked(x.key()));
    QVERIFY(!after->judge().maySucceed(x.key()));
}

/// The class: what one cluster says at the moment, and not the signed list, decides who may speak as a member. A new leader that has met no
/// member yet still has every certificate. A certificate that a new activation made replaces the former one.
void TestTrustRoster::theListPinsCertificates()
{
    const Cluster a{"a", 1}, x{"x", 80}, p{"p", 160};
    Role role = primary(a, Type::Dr, 1, {x.seat(), p.seat()});
    role.secondaries[0].peerFingerprint = "certificate of x";
    role.secondaries[1].peerFingerprint = "certificate of p";
    const auto log = next(std::nullopt, Type::Dr, a, Role{}, role);
    const auto pinOf = [](const TrustLog& of, const Cluster& cluster) { return of.judge().presentSeatOf(cluster.key())->fingerprint; };
    QCOMPARE(pinOf(*log, a), std::string{"certificate of a"});
    QCOMPARE(pinOf(*log, p), std::string{"certificate of p"});
    Role follower;
    follower.mode = Mode::Secondary;
    follower.setId = "set";
    const auto took = next(log, Type::Dr, x, follower, primary(x, Type::Dr, 2));
    for (const Cluster* each : {&a, &x, &p}) QCOMPARE(pinOf(*took, *each), "certificate of " + each->name);
    Role other = role.clone();
    other.secondaries[1].peerFingerprint = "another";
    QCOMPARE(pinOf(*next(log, Type::Dr, a, role, other), p), std::string{"another"});
    other.secondaries[1].id = "p again"; // the same cluster by another token: its certificate is not known yet
    other.secondaries[1].peerFingerprint.clear();
    QCOMPARE(pinOf(*next(log, Type::Dr, a, role, other), p), std::string{});
}

/// A DR copy of a secondary was promoted and takes its seat. The list counts the move and revokes the former key.
void TestTrustRoster::aCopyMovesASeat()
{
    const Cluster a{"a", 1}, p{"p", 80}, copy{"copy", 160};
    Role role = primary(a, Type::Performance, 1, {p.seat()});
    role.secondaries.front().standIns = {copy.key()};
    const auto log = next(std::nullopt, Type::Performance, a, Role{}, role);
    QCOMPARE(log->judge().presentSeatOf(p.key())->moves, std::uint64_t{0});
    Role moved = role.clone();
    moved.secondaries.front().memberKey = copy.key();
    moved.secondaries.front().standIns.clear(); // it has no copies of its own yet
    const auto after = next(log, Type::Performance, a, role, moved);
    const auto* seat = after->judge().presentSeatOf(copy.key());
    QVERIFY(seat && seat->id == "p");
    QCOMPARE(seat->moves, std::uint64_t{1});
    QVERIFY(after->judge().isRevoked(p.key()));
    QVERIFY(!after->judge().presentSeatOf(p.key()) && seat->standIns.empty());
    // The next list keeps the count.
    Role wider = moved.clone();
    wider.secondaries.front().succession = Succession::Allowed;
    QCOMPARE(next(after, Type::Performance, a, moved, wider)->judge().presentSeatOf(copy.key())->moves, std::uint64_t{1});
}

void TestTrustRoster::aRevokedMemberReturnsByATokenOnly()
{
    const Cluster a{"a", 1}, x{"x", 80};
    const Role with = primary(a, Type::Dr, 1, {x.seat()});
    const Role without = primary(a, Type::Dr, 1);
    auto log = next(next(std::nullopt, Type::Dr, a, Role{}, with), Type::Dr, a, with, without);
    QVERIFY(log->judge().isRevoked(x.key()));
    QVERIFY(!log->judge().presentSeatOf(x.key()));
    const TrustLog revoked = *log;
    log = next(log, Type::Dr, a, without, with); // it has used another token
    QVERIFY(!log->judge().isRevoked(x.key()));
    QVERIFY(log->judge().maySucceed(x.key()));
    // Other clusters with both lists agree, and an earlier list does not bring the member back.
    TrustLog other = revoked;
    QVERIFY(other.take(all(*log)).isHeadNew);
    QVERIFY(other.judge().maySucceed(x.key()));
    other = *log;
    QVERIFY(!other.take(all(revoked)).isNews);
}

void TestTrustRoster::aCopyTakesBothSetsOver()
{
    const Cluster a{"a", 1}, x{"x", 80}, p{"p", 160};
    const Role dr = primary(a, Type::Dr, 1, {x.seat()});
    const Role performance = primary(a, Type::Performance, 1, {p.seat()});
    const auto drLog = next(std::nullopt, Type::Dr, a, Role{}, dr);
    const auto log = next(std::nullopt, Type::Performance, a, Role{}, performance, dr, dr);
    Role follower;
    follower.mode = Mode::Secondary;
    follower.setId = "set";
    const Role promoted = primary(x, Type::Dr, 2);
    const auto took = next(drLog, Type::Dr, x, follower, promoted);
    QVERIFY(took->head().kind == EntryKind::Takeover);
    const Role inherited = primary(x, Type::Performance, 2, {p.seat()});
    const auto both = next(log, Type::Performance, x, performance, inherited, follower, promoted);
    QVERIFY(both->head().kind == EntryKind::Takeover);
    QCOMPARE(both->head().authority, x.key());
    QVERIFY(both->judge().presentSeatOf(p.key())); // members stay
    QVERIFY(both->judge().presentSeatOf(a.key()));
    for (const auto& [own, theirs] : {std::pair{&drLog, &took}, std::pair{&log, &both}}) { // the former primary agrees
        TrustLog former = **own;
        QVERIFY(former.take(all(**theirs)).isHeadNew);
        QVERIFY(!former.judge().contested().size());
    }
}

void TestTrustRoster::onlyOperatorsCanPromoteWithoutTheRight()
{
    const Cluster a{"a", 1}, p{"p", 160};
    const Role role = primary(a, Type::Performance, 1, {p.seat()});
    const auto log = next(std::nullopt, Type::Performance, a, Role{}, role);
    Role follower;
    follower.mode = Mode::Secondary;
    follower.setId = "set";
    const auto own = next(log, Type::Performance, p, follower, primary(p, Type::Performance, 2));
    QVERIFY(own->head().kind == EntryKind::Found);
    QCOMPARE(own->head().continues, log->head().hash);
    TrustLog former = *log;
    QVERIFY(!former.take(all(*own)).isNews); // the primary continues
    QCOMPARE(former.head().hash, log->head().hash);
    // An entry that it makes against the rules does not count either.
    Entry forged = log->next(EntryKind::Takeover, kNow);
    forged.authority = p.key();
    QVERIFY(forged.sign({&p.keys.member().key}));
    const auto intake = former.take({forged.encoded});
    QVERIFY(!intake.isNews && !intake.refusal.empty());
}

void TestTrustRoster::aRevokedCopyIsContested()
{
    const Cluster a{"a", 1}, x{"x", 80};
    const Role with = primary(a, Type::Dr, 1, {x.seat()});
    const auto before = next(std::nullopt, Type::Dr, a, Role{}, with);
    const Role without = primary(a, Type::Dr, 1);
    TrustLog log = *next(before, Type::Dr, a, with, without);
    Role follower;
    follower.mode = Mode::Secondary;
    follower.setId = "set";
    const auto took = next(before, Type::Dr, x, follower, primary(x, Type::Dr, 2)); // it kept every key and its list
    QVERIFY(took->head().kind == EntryKind::Takeover);
    QVERIFY(log.take(all(*took)).isContested);
    QCOMPARE(log.head().authority, a.key());
    const Role role = followed(without, Type::Dr, log, a.key(), forestKey());
    QVERIFY(!role.isReplaced());
}

/// The class: an operator must decide and sees only a hash. What holds now: the effect of each choice is found by making it on a copy of
/// the log, for every role.
void TestTrustRoster::aContestSaysWhatEachChoiceMeans()
{
    const Cluster a{"a", 1}, x{"x", 80}, c{"c", 160};
    const Role with = primary(a, Type::Dr, 1, {x.seat(), c.seat()});
    const auto before = next(std::nullopt, Type::Dr, a, Role{}, with);
    const Role without = primary(a, Type::Dr, 1, {c.seat()});
    TrustLog log = *next(before, Type::Dr, a, with, without);
    Role follower;
    follower.mode = Mode::Secondary;
    follower.setId = "set";
    // The revoked copy promotes itself on the old list and leaves out the other secondary.
    const auto took = next(before, Type::Dr, x, follower, primary(x, Type::Dr, 2));
    Role alone = primary(x, Type::Dr, 2, {c.seat()});
    const auto revoking = next(took, Type::Dr, x, alone, primary(x, Type::Dr, 2));
    QVERIFY(contestsOf(without, true, Type::Dr, log, a.key()).empty());
    QVERIFY(log.take(all(*revoking)).isContested);
    const auto has = [](const std::string& text, const char* part) { return text.find(part) != std::string::npos; };
    const auto atPrimary = contestsOf(without, true, Type::Dr, log, a.key());
    QVERIFY(!atPrimary.empty());
    const auto& contest = atPrimary.front();
    QVERIFY2(has(contest.cause, "\"x\" (https://x:8200) says that it has been promoted (epoch 2), with a key that this set has revoked"),
             contest.cause.c_str());
    QVERIFY2(has(contest.safe, "stays the primary"), contest.safe.c_str());
    QVERIFY2(has(contest.ifChosen, "stops being the primary") && has(contest.ifChosen, "\"x\""), contest.ifChosen.c_str());
    QVERIFY2(has(contest.nextStep, ("choose -type=dr " + toHex(contest.entry->hash)).c_str()), contest.nextStep.c_str());
    QVERIFY2(has(contest.nextStep, ("To stay as it is: holdfast replication trust choose -type=dr " + toHex(log.head().hash)).c_str()),
             contest.nextStep.c_str());
    const auto atSecondary = contestsOf(follower, true, Type::Dr, log, c.key());
    QVERIFY2(has(atSecondary.front().safe, "stays with \"a\""), atSecondary.front().safe.c_str());
    QVERIFY2(has(atSecondary.front().ifChosen, "follows \"x\""), atSecondary.front().ifChosen.c_str());
    const auto atCopy = contestsOf(without, false, Type::Dr, log, c.key());
    QVERIFY2(has(atCopy.front().ifChosen, "keeps that list"), atCopy.front().ifChosen.c_str());
    // A cluster without a seat in the list that would be chosen is told so.
    for (const auto& each : atSecondary) {
        TrustLog after = log;
        QVERIFY(after.choose(each.entry->hash));
        QCOMPARE(has(each.ifChosen, "no seat in that list"), !after.judge().presentSeatOf(c.key()));
    }
    // Staying with the head ends the contest too.
    TrustLog stays = log;
    stays.voidContested();
    QVERIFY(contestsOf(without, true, Type::Dr, stays, a.key()).empty());
    QVERIFY(!stays.take(all(*revoking)).isContested);
    QCOMPARE(stays.head().authority, a.key());
    // The leader's next list says that the entry is void, so that others know it.
    const auto listed = next(stays, Type::Dr, a, without, without);
    QVERIFY(listed->head().voided.contains(contest.entry->hash));
    QVERIFY(listed->judge().isRevoked(x.key()));
}

void TestTrustRoster::aRefusedSuccessorIsVoid()
{
    const Cluster a{"a", 1}, x{"x", 80};
    const Role with = primary(a, Type::Dr, 1, {x.seat()});
    TrustLog log = *next(std::nullopt, Type::Dr, a, Role{}, with);
    Role follower;
    follower.mode = Mode::Secondary;
    follower.setId = "set";
    const auto took = next(log, Type::Dr, x, follower, primary(x, Type::Dr, 2));
    QVERIFY(log.take(all(*took)).isHeadNew);
    const Role fenced = followed(with, Type::Dr, log, a.key(), forestKey());
    QVERIFY(fenced.isReplaced());
    QCOMPARE(fenced.primaryKey, x.key());
    Role goesOn = primary(a, Type::Dr, 3, {x.seat(Succession::Denied)});
    const auto refused = next(log, Type::Dr, a, fenced, goesOn);
    QVERIFY(refused->head().kind == EntryKind::Refusal);
    QVERIFY(refused->judge().isVoid(took->head().hash) || refused->judge().isVoid(took->transition().hash));
    QVERIFY(refused->judge().isRevoked(x.key()));
    TrustLog again = *refused; // another attempt of the same cluster
    const auto more = next(took, Type::Dr, x, follower, primary(x, Type::Dr, 9));
    again.take(all(*more));
    QCOMPARE(again.head().authority, a.key());
    QVERIFY(!followed(goesOn, Type::Dr, again, a.key(), forestKey()).isReplaced());
}

/// A secondary learns of a promotion before it can reach the promoted cluster, and perhaps never can. It keeps the former leader's key
/// until then.
void TestTrustRoster::aMemberThatWasNotWelcomedFollowsTheRefuser()
{
    const Cluster a{"a", 1}, x{"x", 80}, c{"c", 160};
    const Role with = primary(a, Type::Dr, 1, {x.seat(), c.seat(Succession::Denied)});
    TrustLog log = *next(std::nullopt, Type::Dr, a, Role{}, with);
    Role follower;
    follower.mode = Mode::Secondary;
    follower.setId = "set";
    follower.statement = with.statement;
    follower.epoch = Epoch{1};
    follower.primaryKey = a.key();
    TrustLog ofC = log;
    const auto took = next(log, Type::Dr, x, Role{follower.clone()}, primary(x, Type::Dr, 2, {c.seat()}));
    ofC.take(all(*took));
    Role heard = followed(follower, Type::Dr, ofC, c.key(), forestKey());
    QCOMPARE(heard.primaryKey, x.key());
    QCOMPARE(heard.leftKey, a.key());
    QCOMPARE(Role::decode(heard.encode())->leftKey, a.key());
    log.take(all(*took));
    const Role fenced = followed(with, Type::Dr, log, a.key(), forestKey());
    QVERIFY(fenced.leftKey.empty()); // only for secondaries
    const auto refused = next(log, Type::Dr, a, fenced, primary(a, Type::Dr, 3, {x.seat(Succession::Denied), c.seat(Succession::Denied)}));
    ofC.take(all(*refused));
    QCOMPARE(ofC.judge().contested().size(), std::size_t{1});

    Role welcomed = heard.clone();
    welcomed.leftKey.clear();
    QVERIFY(!refusalOfUnfollowed(welcomed, ofC)); // an operator decides
    const auto refusal = refusalOfUnfollowed(heard, ofC);
    QVERIFY(refusal && ofC.choose(*refusal));
    const Role stays = followed(heard, Type::Dr, ofC, c.key(), forestKey());
    QCOMPARE(stays.primaryKey, a.key());
    QVERIFY(stays.leftKey.empty());
    QVERIFY(stays.epoch == Epoch{3});
}

/// A takeover by a copy, and a list of the leader before that revokes the copy. A member that the copy has welcomed stays with it, the others
/// stay with the leader before. Each time the other entry is contested, so a former leader cannot revoke its successor unnoticed either.
void TestTrustRoster::aMemberThatWasNotWelcomedStaysWhereItIs()
{
    Cluster a{"a", 1};
    const Cluster x{"x", 80}, c{"c", 160};
    const Role with = primary(a, Type::Dr, 1, {x.seat(), c.seat(Succession::Denied)});
    const Role without = primary(a, Type::Dr, 1, {c.seat(Succession::Denied)});
    const TrustLog log = *next(std::nullopt, Type::Dr, a, Role{}, with);
    Role follower;
    follower.mode = Mode::Secondary;
    follower.setId = "set";
    follower.statement = with.statement;
    follower.epoch = Epoch{1};
    follower.primaryKey = a.key();
    const auto took = next(log, Type::Dr, x, Role{follower.clone()}, primary(x, Type::Dr, 2, {c.seat()}));
    TrustLog revoked = *next(log, Type::Dr, a, with, without);
    QVERIFY(took->judge().maySucceed(x.key()) && revoked.judge().isRevoked(x.key()));
    const std::string formerA = a.key();
    const trust::MemberKeys former = a.keys;
    a.keys = a.keys.withNext(a.random, kNow, kNow + std::chrono::hours{1}, 1).withNextInPlace(); // as after a compromise
    RoleChange renewal{Type::Dr, without, without, without, without, a.keys, a.leader(), "certificate of a", kNow};
    renewal.replaced = &former;
    revoked = **advanced(revoked, renewal);
    QCOMPARE(revoked.head().authority, a.key());

    for (const bool isTakeoverFirst : {true, false}) { // a member that comes back receives both
        TrustLog both = log;
        both.take(all(isTakeoverFirst ? *took : revoked));
        both.take(all(isTakeoverFirst ? revoked : *took));
        const auto list = revocationByFollowed(follower, both);
        QCOMPARE(list.has_value(), isTakeoverFirst);
        if (list) QVERIFY(both.returnTo(*list));
        QCOMPARE(both.head().hash, revoked.head().hash);
        QVERIFY(both.judge().contested().contains(took->head().hash));
        const Role stays = followed(follower, Type::Dr, both, c.key(), forestKey());
        QCOMPARE(stays.primaryKey, a.key());
        QVERIFY(stays.leftKey.empty() && stays.epoch == Epoch{1});
    }
    // It has stored the takeover, and then it hears the leader before.
    TrustLog ofC = log;
    ofC.take(all(*took));
    const Role heard = followed(follower, Type::Dr, ofC, c.key(), forestKey());
    QCOMPARE(heard.leftKey, formerA);
    ofC.take(all(revoked));
    Role welcomed = heard.clone();
    welcomed.leftKey.clear();
    QVERIFY(!revocationByFollowed(welcomed, ofC));
    QCOMPARE(ofC.head().authority, x.key());
    QVERIFY(!ofC.judge().contested().empty());
    const auto list = revocationByFollowed(heard, ofC);
    QVERIFY(list && ofC.returnTo(*list));
    const Role stays = followed(heard, Type::Dr, ofC, c.key(), forestKey());
    QCOMPARE(stays.primaryKey, a.key());
    QVERIFY(stays.epoch == Epoch{1} && EpochStatement::parse(stays.statement)->isSameAs(statementOf(log, Type::Dr)));
    QVERIFY(!ofC.judge().contested().empty());
    // Lists of another cluster than the leader before change nothing by themselves.
    Role other = heard.clone();
    other.leftKey = c.key();
    TrustLog again = log;
    again.take(all(*took));
    again.take(all(revoked));
    QVERIFY(!revocationByFollowed(other, again));
}

void TestTrustRoster::anOfferTakenBackIsVoid()
{
    const Cluster a{"a", 1}, x{"x", 80};
    const Role role = primary(a, Type::Performance, 1, {x.seat()});
    const auto log = next(std::nullopt, Type::Performance, a, Role{}, role);
    auto offer = offeredEntry(*log, a.keys, x.key(), x.leader(), Epoch{2}, "offer", kNow);
    QVERIFY(offer);
    Role offering = role.clone();
    offering.handover = Handover{};
    offering.handover->entry = offer->encoded;
    QCOMPARE(next(log, Type::Performance, a, role, offering)->head().hash, log->head().hash); // not before the outcome is known
    const auto cancelled = next(log, Type::Performance, a, offering, role);
    QVERIFY(cancelled->judge().isVoid(offer->hash));
    offer->sign(x.keys.member().key); // and completes it in spite of that
    TrustLog own = *cancelled, other = *log;
    QVERIFY(!own.take({offer->encoded}).isNews);
    QVERIFY(other.take({offer->encoded}).isHeadNew);
    QVERIFY(other.take(all(*cancelled)).isHeadNew); // and back
    QCOMPARE(other.head().authority, a.key());
    // By force, with a later epoch.
    const auto forced = next(log, Type::Performance, a, offering, primary(a, Type::Performance, 3, {x.seat()}));
    QVERIFY(forced->head().kind == EntryKind::Refusal);
    other = *log;
    QVERIFY(other.take({offer->encoded}).isHeadNew);
    QVERIFY(other.take(all(*forced)).isHeadNew);
    QCOMPARE(other.head().authority, a.key());
    QVERIFY(!other.judge().isRevoked(x.key()));
}

void TestTrustRoster::aClosedFormerLeaderCanRevokeNoKey()
{
    const Cluster a{"a", 1}, x{"x", 80}, p{"p", 160};
    const Role role = primary(a, Type::Dr, 1, {x.seat(), p.seat()});
    const auto log = next(std::nullopt, Type::Dr, a, Role{}, role);
    Role follower;
    follower.mode = Mode::Secondary;
    follower.setId = "set";
    const Role promoted = primary(x, Type::Dr, 2);
    const auto took = next(log, Type::Dr, x, follower, promoted);
    const Role joined = primary(x, Type::Dr, 2, {a.seat()});
    const auto closed = next(took, Type::Dr, x, promoted, joined);
    QVERIFY(closed->head().closesFormer);
    // From now on the former leader can revoke no key.
    const auto late = next(log, Type::Dr, a, role, primary(a, Type::Dr, 1, {x.seat()}));
    TrustLog open = *took, own = *closed;
    open.take(all(*late));
    own.take(all(*late));
    QVERIFY(open.judge().isRevoked(p.key()));
    QVERIFY(!own.judge().isRevoked(p.key()));
}

void TestTrustRoster::theRoleFollowsTheLog()
{
    const Cluster a{"a", 1}, x{"x", 80}, p{"p", 160};
    const Role role = primary(a, Type::Dr, 1, {x.seat(), p.seat()});
    TrustLog log = *next(std::nullopt, Type::Dr, a, Role{}, role);
    Role follower;
    follower.mode = Mode::Secondary;
    follower.setId = "set";
    follower.primaryKey = a.key();
    follower.statement = role.statement;
    follower.epoch = Epoch{1};
    follower.identity = crypto::Identity{"certificate", SecretBytes::copyOf("k")};
    follower.primaryAddresses = {"https://a:8201"};
    QCOMPARE(followed(follower, Type::Dr, log, p.key(), forestKey()).statement, follower.statement); // unchanged
    log.take(all(*next(log, Type::Dr, x, follower, primary(x, Type::Dr, 2))));
    const Role moved = followed(follower, Type::Dr, log, p.key(), forestKey());
    QCOMPARE(moved.primaryKey, x.key());
    QVERIFY(moved.epoch == Epoch{2});
    QCOMPARE(moved.primaryAddresses, (std::vector<std::string>{"https://x:8201", "https://a:8201"}));
    const auto statement = EpochStatement::parse(moved.statement);
    QVERIFY(statement && isProvedBy(*statement, log));
    QVERIFY(!isProvedBy(*EpochStatement::parse(role.statement), log));
}

/// Class: a key is replaced, and its seat or its right is lost, or the former key still counts. It could be the leader's key, a secondary's
/// or a copy's. What holds now: the list has the new key in the same seat and revokes the former one. If it is the leader's, both keys
/// sign.
void TestTrustRoster::newKeysKeepTheirSeats()
{
    Cluster a{"a", 1}, x{"x", 80};
    const Role role = primary(a, Type::Dr, 1, {x.seat()});
    const auto log = next(std::nullopt, Type::Dr, a, Role{}, role);
    auto member = TrustLog::decode(log->summary().encode()); // of x
    QVERIFY(member);
    Role follower;
    follower.mode = Mode::Secondary;
    follower.setId = "set";
    follower.statement = statementOf(*log, Type::Dr).sign(forestKey());
    follower.primaryKey = a.key();

    const std::string formerX = x.key();
    x.keys = x.keys.withNext(x.random, kNow, kNow + std::chrono::hours{1}, 1).withNextInPlace();
    const Role renewed = primary(a, Type::Dr, 1, {x.seat()});
    const auto listed = next(log, Type::Dr, a, role, renewed);
    QVERIFY(listed->judge().maySucceed(x.key()) && !listed->judge().maySucceed(formerX) && listed->judge().isRevoked(formerX));
    QCOMPARE(listed->head().seats.size(), std::size_t{2});

    const auto former = a.keys;
    const std::string formerA = a.key();
    a.keys = a.keys.withNext(a.random, kNow, kNow + std::chrono::hours{1}, 1).withNextInPlace();
    const auto led = advanced(*listed, {Type::Dr, renewed, renewed, renewed, renewed, a.keys, a.leader(), {}, kNow, &former});
    QVERIFY(led && *led);
    const Entry& head = (*led)->head();
    QVERIFY(head.kind == EntryKind::Roster && head.epoch == 1 && head.signatures.size() == 2);
    QCOMPARE(head.authority, a.key());
    QVERIFY((*led)->judge().isRevoked(formerA) && !head.seatOf(formerA) && head.seatOf(a.key())->maySucceed);
    QCOMPARE(head.seats.size(), std::size_t{2});

    // A member that was away takes both lists and follows the same leader.
    const auto taken = member->take((*led)->missingAt(member->head().hash));
    QVERIFY2(taken.refusal.empty() && taken.isHeadNew && !taken.isContested, taken.refusal.c_str());
    QCOMPARE(member->head().hash, head.hash);
    const Role after = followed(follower, Type::Dr, *member, x.key(), forestKey());
    QCOMPARE(after.primaryKey, a.key());
    QVERIFY(after.leftKey.empty()); // no other cluster leads
    // The former key alone can sign no list any more.
    Entry late = member->next(EntryKind::Roster, kNow);
    late.authority = formerA;
    late.seats.push_back({.kind = trust::SeatKind::Primary, .memberKey = formerA, .maySucceed = true});
    late.revoked.erase(trust::keyHash(formerA));
    QVERIFY(late.sign({&former.member().key}));
    QVERIFY(!member->take({late.encoded}).isHeadNew);
    QCOMPARE(member->head().authority, a.key());
}

void TestTrustRoster::aProofOfANewKeyLeadsToTheFormerOne()
{
    Cluster a{"a", 1}, stranger{"s", 80};
    const std::string first = a.key();
    a.keys = a.keys.withNext(a.random, kNow, kNow + std::chrono::hours{1}, 1).withNextInPlace();
    const std::string second = a.key();
    const auto keys = std::make_shared<const trust::MemberKeys>(a.keys.withNext(a.random, kNow, kNow + std::chrono::hours{1}, 2));
    LinkIdentity identity;
    identity.claim = {
        .exporter = std::string(trust::kExporterBytes, 'e'), .protocol = "replication_v1", .setId = "set", .type = "performance", .seat = "a"};
    wire::LinkProof proof;
    identity.prove(keys, true, &proof);
    const std::string third = keys->proving().key.publicKey();
    QCOMPARE(identity.provenKey(proof, true), third);
    QCOMPARE(LinkIdentity::knownKey(proof, {third}), third);
    QCOMPARE(LinkIdentity::knownKey(proof, {first, stranger.key()}), first); // for a cluster that was away for both
    QCOMPARE(LinkIdentity::knownKey(proof, {first, second}), second);
    QCOMPARE(LinkIdentity::knownKey(proof, {stranger.key(), std::string{}}), std::string{});
    // No cluster can claim that its own key has replaced another's.
    wire::LinkProof forged;
    auto* row = forged.add_former();
    forged.set_member_key(stranger.key());
    row->set_public_key(first);
    row->set_signature(proof.former(1).signature());
    QCOMPARE(LinkIdentity::knownKey(forged, {first}), std::string{});
}

/// Class: restored contents bring back a member that was revoked after they were saved. It could be by a seat in the role row, by one in an
/// earlier trust log, or by a right. What holds now: the recovered primary lists only itself, and each member comes back by a token.
void TestTrustRoster::aRecoveredPrimaryBeginsAlone()
{
    const Cluster a{"a", 1}, x{"x", 80}, p{"p", 160}, node{"n", 30};
    const Role saved = primary(a, Type::Performance, 3, {x.seat(Succession::Allowed), p.seat()});
    const auto log = next(std::nullopt, Type::Performance, a, Role{}, saved);
    const Role role = primary(node, Type::Performance, 4);
    const Role none;
    const auto begun = recovered(&*log, {Type::Performance, saved, role, none, none, node.keys, node.leader(), {}, kNow});
    QVERIFY(begun);
    const Entry& head = begun->head();
    QVERIFY(head.kind == EntryKind::Found && head.epoch == 4 && head.generation == 1);
    QCOMPARE(head.continues, log->head().hash);
    QCOMPARE(head.seats.size(), std::size_t{1});
    QCOMPARE(head.authority, node.key());
    QVERIFY(!begun->judge().maySucceed(x.key()));
    // A member accepts it by an operator's act only.
    TrustLog member = *log;
    QVERIFY(!member.take(all(*begun)).isHeadNew);
    // A member that gets a token has its seat again, also for other members. The other one does not.
    const Role joined = primary(node, Type::Performance, 4, {p.seat()});
    const auto after = next(*begun, Type::Performance, node, role, joined);
    QVERIFY(after->judge().presentSeatOf(p.key()) && !after->judge().presentSeatOf(x.key()));
    // A list of another set is not continued.
    Role other = primary(node, Type::Performance, 1);
    other.setId = "other";
    const auto fresh = recovered(&*log, {Type::Performance, none, other, none, none, node.keys, node.leader(), {}, kNow});
    QVERIFY(fresh && fresh->head().continues.empty() && fresh->head().revoked.empty());
}

/// The class: what a cluster did itself looks like the trace of a fault. Here its log could not continue, so it began again at the same epoch, and lists
/// of the former log come back from members. They looked like proof that the disk was put back, and the primary stopped. It could also occur with a
/// log that was cut (cut entries have a lower generation) and with a recovered primary (it has a later epoch). What holds now: a log that
/// begins again goes on counting generations, so only later lists are such proof.
void TestTrustRoster::aLogThatBeginsAgainLooksNotOlder()
{
    Cluster a{"a", 1};
    const Cluster x{"x", 80}, y{"y", 160};
    const Role alone = primary(a, Type::Dr, 1), role = primary(a, Type::Dr, 1, {x.seat()}), more = primary(a, Type::Dr, 1, {x.seat(), y.seat()});
    auto log = next(std::nullopt, Type::Dr, a, Role{}, alone);
    log = next(log, Type::Dr, a, alone, role);
    const auto first = a.keys;
    a.keys = a.keys.withNext(a.random, kNow, kNow + std::chrono::hours{1}, 1).withNextInPlace();
    const auto led = advanced(log, {Type::Dr, role, role, role, role, a.keys, a.leader(), {}, kNow, &first});
    QVERIFY(led && *led);
    // The set has revoked the first key, so it can sign no list that continues the log.
    const auto second = a.keys;
    a.keys = first;
    const auto again = advanced(*led, {Type::Dr, role, role, role, role, a.keys, a.leader(), {}, kNow, &second});
    QVERIFY(again && *again);
    const Entry& head = (*again)->head();
    QVERIFY(head.kind == EntryKind::Found && head.epoch == 1);
    QCOMPARE(head.continues, (*led)->head().hash);
    QVERIFY(!ownEntryLacking(**again, all(**led), a.key(), Epoch{1}));
    // A later list of its own still proves that the disk was put back.
    const auto later = next(*again, Type::Dr, a, role, more);
    const auto lacking = ownEntryLacking(**again, all(*later), a.key(), Epoch{1});
    QVERIFY(lacking && lacking->hash == later->head().hash);
}

/// Class: a list grows until no member accepts it any more. It could be by seats (bounded), stand-ins (bounded), or revocations of members
/// and of replaced keys. What holds now: new lists leave out the oldest revocations when every member holds a list with them. Such a key
/// cannot come back, because it has no seat.
void TestTrustRoster::oldRevocationsAreRemovedWhenAllMembersHaveThem()
{
    const Cluster a{"a", 1};
    std::optional<TrustLog> log;
    Role role = primary(a, Type::Dr, 1);
    const auto change = [&](const Role& to, std::uint64_t acknowledged) {
        auto out = advanced(log, {Type::Dr, role, to, role, to, a.keys, a.leader(), {}, kNow, nullptr, acknowledged});
        QVERIFY(out);
        log = std::move(*out);
        role = to.clone();
    };
    const auto keyOf = [](int number) {
        std::string key(trust::kPublicKeyBytes, 'k');
        key[0] = static_cast<char>(number & 0x7f);
        key[1] = static_cast<char>(number >> 7);
        return key;
    };
    change(role, 0);
    auto member = TrustLog::decode(log->summary().encode()); // follows all of it
    QVERIFY(member);
    constexpr int kAtOnce = 64;
    int count = 0;
    const auto revokeSome = [&](int some, bool isAcknowledged) {
        for (int n = 0; n < some; ++n) {
            Role with = primary(a, Type::Dr, 1);
            for (int each = 0; each < kAtOnce; ++each) {
                KnownSecondary known{"s" + std::to_string(count), "fingerprint", kNow, {}, true};
                known.memberKey = keyOf(count++);
                with.secondaries.push_back(std::move(known));
            }
            change(with, isAcknowledged ? log->head().generation : 0);
            change(primary(a, Type::Dr, 1), isAcknowledged ? log->head().generation : 0);
            QVERIFY(member->take(log->missingAt(member->head().hash)).refusal.empty());
        }
    };
    revokeSome(trust::kRevokedOpenMax / kAtOnce, false); // a member is away, so all of them stay
    QCOMPARE(log->head().revoked.size(), static_cast<std::size_t>(count));
    revokeSome(6, false); // but never more than a list may have
    QVERIFY(log->head().revoked.size() <= trust::kRevokedOpenMax + kAtOnce);
    revokeSome(3, true);
    QVERIFY(log->head().revoked.size() <= trust::kRevokedKept + kAtOnce);
    QVERIFY(log->head().revoked.contains(trust::keyHash(keyOf(count - 1)))); // the newest stay
    QVERIFY(!log->head().revoked.contains(trust::keyHash(keyOf(0))));
    QCOMPARE(member->head().hash, log->head().hash); // every list was accepted
    QVERIFY(member->judge().isRevoked(keyOf(0)) && !member->judge().maySucceed(keyOf(0)));
    const auto newcomer = TrustLog::decode(log->summary().encode());
    QVERIFY(newcomer && !newcomer->judge().maySucceed(keyOf(0)) && !newcomer->judge().presentSeatOf(keyOf(0)));
    change(role.clone(), 0); // left-out revocations do not come back while a member is away
    QVERIFY(!log->head().revoked.contains(trust::keyHash(keyOf(0))));
}

void TestTrustRoster::aSummaryKeepsRevocations()
{
    const Cluster a{"a", 1}, x{"x", 80}, p{"p", 160};
    Role with = primary(a, Type::Dr, 1, {x.seat(), p.seat()});
    auto log = next(std::nullopt, Type::Dr, a, Role{}, with);
    Role role = primary(a, Type::Dr, 1, {x.seat()});
    log = next(log, Type::Dr, a, with, role);
    for (int at = 0; at < 200; ++at) { // changes of a right
        Role other = role.clone();
        other.secondaries.front().succession = at % 2 == 0 ? Succession::Denied : Succession::Allowed;
        log = next(log, Type::Dr, a, role, other);
        role = std::move(other);
    }
    const std::string encoded = log->summary().encode();
    QVERIFY(encoded.size() <= trust::kMessageBytesMax);
    auto summary = TrustLog::decode(encoded);
    QVERIFY(summary);
    QCOMPARE(summary->head().hash, log->head().hash);
    QVERIFY(summary->judge().isRevoked(p.key()));
    // A cluster that is behind catches up, message by message.
    TrustLog behind = *summary;
    for (int at = 0; at < 100; ++at) {
        Role other = role.clone();
        other.secondaries.front().succession = at % 2 == 0 ? Succession::Denied : Succession::Allowed;
        log = next(log, Type::Dr, a, role, other);
        role = std::move(other);
    }
    for (int at = 0; at < 10 && behind.head().hash != log->head().hash; ++at) behind.take(log->missingAt(behind.head().hash));
    QCOMPARE(behind.head().hash, log->head().hash);
}

QTEST_GUILESS_MAIN(TestTrustRoster)
#include "tst_trust_roster.moc"
