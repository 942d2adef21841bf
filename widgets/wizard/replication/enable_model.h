#pragma once

#include "widgets/wizard/plan/plan_model.h"
#include "widgets/wizard/plan/check_model.h"

namespace widgets {

/// Enabling replication and adding a secondary: the choices, the checks, what the wipe destroys, the plan.
///
/// No widgets. With hand-over the activation token is shown instead of being used, for a secondary that this console
/// does not reach.
class EnableModel final : public QObject {
    Q_OBJECT

public:
    struct Choices {
        ReplicationType type = ReplicationType::Performance;
        QString primaryId;
        QString secondaryId;
        bool isHandOver = false;
        QString activationId;
        QString primaryApiAddr;
        QString caFile;

        bool operator==(const Choices&) const = default;
    };

    /// What the secondary holds now and loses.
    struct Inventory {
        bool isComplete = false;
        QString problem;                       // why it could not be read
        QList<QPair<QString, QString>> mounts; // path, what it is and holds; without those every cluster has
        qint64 secretsEngines = 0;
        qint64 authMethods = 0;
        qint64 policies = 0;
        qint64 secrets = -1; // -1: the server does not count them
        qint64 tokens = -1;
        bool hasSafetySnapshot = false; // the server saves and proves a snapshot of itself before it wipes anything
        bool isWorthKeeping = true;     // false: there is nothing to save
    };

    EnableModel(FleetModel& fleet, ActionLog& log, QObject* parent = nullptr);

    FleetModel& fleet() { return m_fleet; }
    const Choices& choices() const { return m_choices; }
    void choose(const Choices& choices);
    /// Clusters that may be primary for the chosen type, and those that may become its secondary.
    QList<const FleetNode*> primaries() const;
    QList<const FleetNode*> secondaries() const;
    bool areChoicesComplete() const;
    /// The activation id that suggests itself, and what a secondary on the same machine needs to trust the primary.
    QString suggestedActivationId() const;
    QString suggestedCaFile() const;

    CheckModel& preflight() { return m_preflight; }
    void check();

    const Inventory& inventory() const { return m_inventory; }
    void takeInventory();
    /// Whether, and how, what is wiped can be put back.
    QString safetyNet() const;

    PlanModel& plan() { return m_plan; }
    void makePlan();
    /// Empty until the plan has made it. For hand-over only.
    const core::SecretBytes& activationToken() const { return m_token; }

    QString primaryName() const;
    QString secondaryName() const;

Q_SIGNALS:
    void choicesChanged();
    void inventoryChanged();

private:
    void checkRoles(const FleetNode& primary, const FleetNode* secondary);
    using Take = void (EnableModel::*)(const ApiReply&);
    /// Asks the secondary; an answer to an earlier inventory is dropped.
    void askInventory(const ApiRequest& request, Take take);
    void countByHand();
    void takeSurvey(const ApiReply& reply);
    void takeMounts(const ApiReply& reply);
    void takeAuthMounts(const ApiReply& reply);
    void takePolicies(const ApiReply& reply);

    Inventory m_inventory;
    int m_inventoryOwed = 0;
    int m_inventoryGeneration = 0;
    FleetModel& m_fleet;
    Choices m_choices;
    CheckModel m_preflight;
    PlanModel m_plan;
    core::SecretBytes m_token;
};

} // namespace widgets
