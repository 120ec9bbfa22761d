//! Uploaded files: their bytes in blob storage, what is known of them in a [`File`], and how they are reached.
//!
//! There is no virus scanner: a file is `clean` once its content was seen to be of a type that is taken. A scanner that
//! is put in front sets `infected` through [`File::scanned`], and from then on no link of the file works.

use crate::auth::{Action, Resource, Scope};
use crate::blobs::stream_of;
use crate::context::Context;
use crate::docs::{At, Claim, Listing, Stored, Target, Work};
use crate::documents::{self, Kind};
use crate::domain::application::{Application, ApplicationId, ApplicationStatus};
use crate::domain::candidate::Candidate;
use crate::domain::document::{File, FileId, ScanStatus, Upload};
use crate::domain::person_link::{LinkKind, PersonLink};
use crate::error::{Code, Error, Result};
use crate::http::Caller;
use crate::store::{StoreError, Tenant};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt as _;
use time::Duration;

/// Largest upload (spec 40 §4): 10 MiB.
pub const MOST_BYTES: usize = 10 * 1024 * 1024;
/// How long a link to a file works (spec 40 §6).
pub const LINK_LIFE: Duration = Duration::minutes(15);
/// Times a write is tried again when somebody else uploaded the same name in between.
const TRIES: u32 = 3;

/// What an upload is, told by its content alone (spec 40 §4): the media type, or `None` when it is not taken.
pub fn media_type_of(content: &[u8]) -> Option<&'static str> {
    if content.starts_with(b"%PDF-") {
        return Some("application/pdf");
    }
    if content.starts_with(b"\x89PNG\r\n\x1a\n") {
        return Some("image/png");
    }
    if content.starts_with(b"\xff\xd8\xff") {
        return Some("image/jpeg");
    }
    match documents::kind(content) {
        Ok(Kind::Docx) if documents::is_docx(content) => {
            Some("application/vnd.openxmlformats-officedocument.wordprocessingml.document")
        }
        Ok(Kind::Text) => Some("text/plain"),
        _ => None,
    }
}

fn path_claim(path: &str) -> Claim {
    Claim::new(&Tenant::platform(), "file-path", &[path])
}

fn id_claim(id: FileId) -> Claim {
    Claim::new(&Tenant::platform(), "file", &[&id.to_string()])
}

impl Context {
    /// Stores a checked upload under its path. The same path again is a new version of the same file. `also` adds to the
    /// commit, such as a message.
    pub async fn keep_file(
        &self,
        at: &At,
        upload: Upload,
        content: Bytes,
        also: impl Fn(&File, &mut Work<'_>) -> Result<()>,
    ) -> Result<File> {
        let size = content.len() as u64;
        let info = self.blobs().put(&upload.file_path, &upload.mime_type, stream_of(content), size).await?;
        let mut fresh = File::new(at.tenant.organisation_id(), upload, self.now(), at.actor.id.clone());
        fresh.file_size = info.size;
        fresh.sha256 = info.sha256;
        fresh.scanned(ScanStatus::Clean)?;
        for _ in 0..TRIES {
            let kept = match self.stored_at(&fresh.file_path).await? {
                Some((place, known)) if place.tenant == at.tenant => {
                    self.replace_file(at, &known, &fresh, &also).await?
                }
                Some(_) => return Err(Error::not_found("file")),
                None => self.create_file(at, &fresh, &also).await?,
            };
            if let Some(file) = kept {
                return Ok(file);
            }
        }
        Err(Error::conflict("The same file is being uploaded elsewhere. Please try again."))
    }

    async fn create_file(
        &self,
        at: &At,
        fresh: &File,
        also: &impl Fn(&File, &mut Work<'_>) -> Result<()>,
    ) -> Result<Option<File>> {
        let mut work = self.work(at, fresh.id);
        let file = work.create(fresh.clone())?;
        also(&file, &mut work)?;
        let claims = [path_claim(&file.file_path), id_claim(file.id)];
        match self.commit_unique(work, &Target::of(at, &file), &claims).await {
            Ok(()) => Ok(Some(file)),
            Err(error) if error.code() == Code::Duplicate => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn replace_file(
        &self,
        at: &At,
        known: &Stored<File>,
        fresh: &File,
        also: &impl Fn(&File, &mut Work<'_>) -> Result<()>,
    ) -> Result<Option<File>> {
        let mut file = known.clone_inner()?;
        file.replaced(fresh.file_size, fresh.mime_type.clone(), fresh.sha256.clone(), fresh.uploaded_at);
        file.scanned(ScanStatus::Clean)?;
        file.document_type = fresh.document_type;
        file.is_public = fresh.is_public;
        file.candidate_id = fresh.candidate_id;
        file.application_id = fresh.application_id.or(file.application_id);
        // A deleted name that is uploaded again is back.
        file.meta.is_active = true;
        let mut work = self.work(at, file.id);
        let file = work.update(known, file)?;
        also(&file, &mut work)?;
        match work.commit().await {
            Ok(()) => Ok(Some(file)),
            Err(StoreError::Precondition { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    async fn stored_at(&self, path: &str) -> Result<Option<(At, Stored<File>)>> {
        let Some(target) = self.lookup(&path_claim(path)).await? else { return Ok(None) };
        let at = At::system(Tenant::parse(&target.tenant));
        let file = self.docs::<File>(&at).find_even_deleted(&target.root, &target.id).await?;
        Ok(file.map(|file| (at, file)))
    }

    /// What is known of the file behind a path, deleted or not; `None` for blobs that are no uploads.
    pub async fn file_at(&self, path: &str) -> Result<Option<Stored<File>>> {
        Ok(self.stored_at(path).await?.map(|(_, file)| file))
    }

    /// 404 unless the application is the caller's own or one their right reaches.
    pub async fn check_application(
        &self,
        caller: &Caller,
        id: ApplicationId,
        resource: Resource,
        action: Action,
    ) -> Result<()> {
        let link = self.docs::<PersonLink>(&caller.person()).find_in(&caller.user_id, id).await?;
        if link.is_some() {
            return Ok(());
        }
        if caller.organisation_id.is_none() {
            return Err(Error::not_found("application"));
        }
        let at = caller.organisation()?;
        let application = self.docs::<Application>(&at).get(id).await?;
        self.admit(caller, &at, resource, action, &*application).await
    }

    /// A link that works for 15 minutes; refused while the file is locked (409 `scan_pending`, 403 `file_quarantined`).
    pub async fn file_link(&self, file: &File) -> Result<String> {
        file.check_readable()?;
        let expires = self.now().plus(LINK_LIFE).instant();
        Ok(self.blobs().link(&file.file_path, &file.file_name, expires).await?)
    }

    /// The whole file; of a size that uploads may have.
    pub async fn file_content(&self, file: &File) -> Result<Bytes> {
        file.check_readable()?;
        let (_, mut stream) = self.blobs().get(&file.file_path).await?;
        let mut whole = BytesMut::new();
        while let Some(chunk) = stream.next().await {
            let chunk = chunk.map_err(|error| {
                Error::new(Code::Unavailable, "The file storage is not available. Please try again.")
                    .retry_after(5)
                    .because(error)
            })?;
            if whole.len() + chunk.len() > MOST_BYTES {
                return Err(Error::new(Code::TooLarge, "The file is too large."));
            }
            whole.extend_from_slice(&chunk);
        }
        Ok(whole.freeze())
    }

    /// A file the caller reaches: an own one, one of their organisation within their scope, or, to read, one a person
    /// handed in with an application to it. Everything else is 404.
    pub async fn file(&self, caller: &Caller, id: FileId, action: Action) -> Result<(At, Stored<File>)> {
        let own = caller.person();
        if let Some(file) = self.docs::<File>(&own).find(id).await? {
            return Ok((own, file));
        }
        if caller.organisation_id.is_none() {
            return Err(Error::not_found("document"));
        }
        let at = caller.organisation()?;
        let scope = caller.needs(Resource::Document, action)?;
        if let Some(file) = self.docs::<File>(&at).find(id).await? {
            return if self.reaches_file(caller, &at, scope, &file).await? {
                Ok((at, file))
            } else {
                Err(Error::not_found("document"))
            };
        }
        if action == Action::Read
            && let Some(found) = self.handed_in(caller, &at, id).await?
        {
            return Ok(found);
        }
        Err(Error::not_found("document"))
    }

    /// By who uploaded it, by its candidate, by its application.
    async fn reaches_file(&self, caller: &Caller, at: &At, scope: Scope, file: &File) -> Result<bool> {
        if scope == Scope::All || file.owner_id == caller.user_id {
            return Ok(true);
        }
        if let Some(id) = file.candidate_id
            && let Some(candidate) = self.docs::<Candidate>(at).find(id).await?
            && self.reaches(caller, at, scope, &candidate.owner_ids, None).await?
        {
            return Ok(true);
        }
        let Some(id) = file.application_id else { return Ok(false) };
        let Some(application) = self.docs::<Application>(at).find(id).await? else { return Ok(false) };
        self.reaches(caller, at, scope, &application.owner_ids, Some(application.job_id)).await
    }

    /// Whether an application that was not withdrawn names it.
    pub async fn used_by_application(&self, at: &At, file: &File) -> Result<bool> {
        let uses = |application: &Application| {
            let names = application.fields.resume_document_id == Some(file.id)
                || file.application_id == Some(application.id);
            names && application.status != ApplicationStatus::Withdrawn
        };
        if at.tenant.organisation_id().is_some() {
            let Some(candidate) = file.candidate_id else {
                let Some(id) = file.application_id else { return Ok(false) };
                let application = self.docs::<Application>(at).find(id).await?;
                return Ok(application.is_some_and(|application| uses(&application)));
            };
            let listing = Listing::newest().eq("candidate_id", candidate);
            return Ok(self.docs::<Application>(at).all(listing).await?.iter().any(uses));
        }
        let links = Listing::newest().within(&file.owner_id).eq("kind", LinkKind::Application);
        for link in self.docs::<PersonLink>(at).all(links).await? {
            let holder = at.within(link.tenant());
            let application = self.docs::<Application>(&holder).find(link.application_id).await?;
            if application.is_some_and(|application| uses(&application)) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// A person's own file that came along with an application the caller may read.
    async fn handed_in(&self, caller: &Caller, at: &At, id: FileId) -> Result<Option<(At, Stored<File>)>> {
        let Some(target) = self.lookup(&id_claim(id)).await? else { return Ok(None) };
        let person = at.within(Tenant::parse(&target.tenant));
        let Some(file) = self.docs::<File>(&person).find(id).await? else { return Ok(None) };
        let links = Listing::newest().within(&file.owner_id).eq("kind", LinkKind::Application);
        for link in self.docs::<PersonLink>(&person).all(links).await? {
            if link.tenant() != at.tenant {
                continue;
            }
            let Some(application) = self.docs::<Application>(at).find(link.application_id).await? else {
                continue;
            };
            let came_along = application.fields.resume_document_id == Some(id)
                || file.application_id == Some(application.id);
            let scope = caller.needs(Resource::Application, Action::Read)?;
            if came_along
                && self.reaches(caller, at, scope, &application.owner_ids, Some(application.job_id)).await?
            {
                return Ok(Some((person, file)));
            }
        }
        Ok(None)
    }
}
