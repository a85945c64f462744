"""kine audit: are all rules kept?"""

from kine import kernel, words
from kine.commands.base import KineCommand, show
from kine.model import snapshot
from kine.rules import Audit

SHOWN = 20


class AuditCommand(KineCommand):
    """Recomputes every reference count and checks every rule of memory, from the page tables themselves: kine audit.

    It uses none of the kernel's code, and names every entry and frame that breaks a rule. In the middle of a function of the kernel's that changes
    tables, findings may be what is not done yet."""

    name = "audit"

    def run(self):
        machine = snapshot()
        audit = Audit(machine)
        findings = audit.run()
        frames = sum(1 for record in machine.records() if record.kind != kernel.ABSENT)
        tables, pages = words.many(len(audit.tables), "table"), words.many(audit.pages, "page")
        show(f"{len(machine.processes())} processes, {tables}, {pages} mapped, {frames:,} frames:")
        for finding in findings[:SHOWN]:
            show(f"  {finding.rule}: {finding.where}")
        if len(findings) > SHOWN:
            show(f"  … and {len(findings) - SHOWN} findings more")
        show(words.many(len(findings), "finding") if findings else "every rule holds")


AuditCommand()
