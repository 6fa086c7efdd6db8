"""Partner Portal (渠道伙伴门户): a vendor's self-service portal for its resellers.

`create_app()` is the table of contents of the application.
"""

from flask import Flask

from portal import db, web
from portal.config import Config, resource_dir


def create_app(config: Config | None = None) -> Flask:
    """Build the web application; without `config` it is read from the environment."""
    config = config or Config.from_env()
    app = Flask(
        __name__,
        template_folder=str(resource_dir("templates")),
        static_folder=str(resource_dir("static")),
        static_url_path="/static",
    )
    app.config.from_mapping(config.flask_settings())
    app.extensions["portal_config"] = config
    app.extensions["portal_engine"] = db.make_engine(config.database_url)
    web.init_app(app, config)
    for blueprint in _blueprints():
        app.register_blueprint(blueprint)
    return app


def _blueprints() -> list[web.Blueprint]:
    from portal.admin.views import bp as admin
    from portal.auth.views import bp as auth
    from portal.cases.views import bp as cases
    from portal.conflicts.pair_views import bp as held
    from portal.deposits.act_views import bp as deposit_acts
    from portal.deposits.deduction_views import bp as deductions
    from portal.deposits.views import bp as deposits
    from portal.home.views import bp as home
    from portal.imports.views import bp as imports
    from portal.notices.views import bp as notices
    from portal.partners.views import bp as partners
    from portal.payments.account_views import bp as accounts
    from portal.payments.answer_views import bp as bank_answers
    from portal.payments.closing_views import bp as invoices
    from portal.payments.views import bp as payments
    from portal.pipeline.views import bp as pipeline
    from portal.policy.draft_views import bp as policy
    from portal.receipts.period_views import bp as receipts
    from portal.registrations.alarm_views import bp as alarms
    from portal.registrations.customer_views import bp as registrations
    from portal.registrations.detail_views import bp as registration
    from portal.statements.acts_views import bp as statement_acts
    from portal.statements.board_views import bp as statement_board
    from portal.statements.confirm_views import bp as statement_confirm
    from portal.statements.detail_views import bp as statements
    from portal.statements.dispute_views import bp as disputes
    from portal.statements.dossier_views import bp as statement_dossier
    from portal.statements.forecast_views import bp as forecast
    from portal.statements.paper_views import bp as papers
    from portal.statements.verify_views import bp as verify
    from portal.statements.what_if_views import bp as what_if
    from portal.support.views import bp as support
    from portal.weekly.minutes_views import bp as thursday
    from portal.weekly.rollup_views import bp as rollups
    from portal.weekly.sheet_views import bp as weekly

    week = [thursday, weekly, rollups]
    register = [registrations, registration, alarms, support, pipeline, held, cases, *week, partners]
    steps = [statement_board, statement_acts, statement_dossier, papers, verify]
    own = [statements, statement_confirm, disputes, forecast]
    money = [receipts, payments, bank_answers, accounts, invoices, deposits, deposit_acts, deductions]
    return [auth, home, notices, *register, policy, what_if, *steps, *own, *money, imports, admin]
