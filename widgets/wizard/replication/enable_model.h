#pragma once

#include "widgets/wizard/plan/plan_model.h"
#include "widgets/wizard/plan/check_model.h"

namespace widgets {

/// Enables replication and adds a secondary: the choices, the checks, what the wipe destroys, the plan.
///
/// No widgets. With hand-over the wizard shows the activation token instead of using it, for a secondary that this console
/// cannot reach.
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

    /// The data that the secondary holds now and loses.
    struct Inventory {
        bool isComplete = false;
        QString problem;                       // why it could not be read
        QList<QPair<QString, QString>> mounts; // path and contents, without the built-in mounts
        qint64 secretsEngines = 0;
        qint64 authMethods = 0;
        qint64 policies = 0;
        qint64 secrets = -1; // -1: the server does not count them
        qint64 tokens = -1;
        bool hasSafetySnapshot = false; // the server saves a safety snapshot and restores it on trial before the wipe
        bool isWorthKeeping = true;     // false: there is nothing to save
    };

    EnableModel(FleetModel& fleet, ActionLog& log, QObject* parent = nullptr);

    FleetModel& fleet() { return m_fleet; }
    const Choices& choices() const { return m_choices; }
    void choose(const Choices& choices);
    /// The clusters that can be the primary of the chosen type, and those that can become its secondary.
    QList<const FleetNode*> primaries() const;
    QList<const FleetNode*> secondaries() const;
    bool areChoicesComplete() const;
    /// The proposed activation id, and the CA file with which a secondary on the same machine trusts the primary.
    QString suggestedActivationId() const;
    QString suggestedCaFile() const;

    CheckModel& preflight() { return m_preflight; }
    void check();

    const Inventory& inventory() const { return m_inventory; }
    void takeInventory();
    /// Whether and how the wiped data can be restored.
    QString safetyNet() const;

    PlanModel& plan() { return m_plan; }
    void makePlan();
    /// The activation token; empty until the plan has made it. For hand-over only.
    const core::SecretBytes& activationToken() const { return m_token; }

    QString primaryName() const;
    QString secondaryName() const;

Q_SIGNALS:
    void choicesChanged();
    void inventoryChanged();

private:
    void checkRoles(const FleetNode& primary, const FleetNode* secondary);
    using Take = void (EnableModel::*)(const ApiReply&);
    /// Reads the inventory of the secondary. Answers to an earlier call are dropped.
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
